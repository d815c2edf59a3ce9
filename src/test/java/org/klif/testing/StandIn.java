package org.klif.testing;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;

/** The stand-in driver's own functions, for tests that plant faults and count calls. */
public final class StandIn {
  private static final String DRIVER = "libcuda.so.1";
  private static final String CUDNN = "libcudnn.so.9";

  private StandIn() {}

  /** Skips a test that needs the stand-in where a GPU is tested. */
  public static void require() {
    CudaUnderTest.require();
    Assumptions.assumeTrue(
        CudaUnderTest.name().equals("sim"), "skipped: needs the stand-in driver");
  }

  /**
   * Plans faults and counts calls anew. The libraries must be loaded, which opening a device does.
   *
   * @param plan call:n[=status], separated by commas; empty for none
   */
  public static void plant(String plan) {
    NativeLibrary.getInstance(DRIVER).getFunction("klif_sim_fail").invokeVoid(new Object[] {plan});
  }

  /** How often a function was called since {@link #plant}. */
  public static long calls(String name) {
    return NativeLibrary.getInstance(DRIVER)
        .getFunction("klif_sim_calls")
        .invokeLong(new Object[] {name});
  }

  /** How often each function was called since {@link #plant}. */
  public static Map<String, Long> callList() {
    Function list = NativeLibrary.getInstance(DRIVER).getFunction("klif_sim_call_list");
    byte[] text = new byte[1 << 16];
    Map<String, Long> all = new TreeMap<>();
    list.invokeLong(new Object[] {text, (long) text.length});
    Native.toString(text, StandardCharsets.US_ASCII.name())
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(words -> all.put(words[0], Long.parseLong(words[1].strip())));
    return all;
  }

  /** Allocations of device memory that were not freed. */
  public static long liveAllocations() {
    return NativeLibrary.getInstance(DRIVER)
        .getFunction("klif_sim_live_allocations")
        .invokeLong(new Object[0]);
  }

  /** Handles and descriptors of cuDNN that were not destroyed. */
  public static long liveDescriptors() {
    return NativeLibrary.getInstance(CUDNN)
        .getFunction("klif_sim_cudnn_live")
        .invokeLong(new Object[0]);
  }

  /** Whether cuDNN refuses channels last from now on. */
  public static void refuseChannelsLast(boolean refuse) {
    NativeLibrary.getInstance(CUDNN)
        .getFunction("klif_sim_cudnn_refuse_nhwc")
        .invokeVoid(new Object[] {refuse ? 1 : 0});
  }
}
