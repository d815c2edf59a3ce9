package org.klif.device.cuda;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.compile.CodeFolder;
import org.klif.device.compile.CompilerMessages;
import org.klif.device.compile.CudaCompiler;
import org.klif.device.compile.CudaFlags;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.KernelHeaders;

/**
 * NVIDIA's compiler as a library, of CUDA 12 or 13, found where cuBLAS is looked for. It needs
 * neither a driver nor a GPU. A process loads one of them, at first use, and keeps it.
 */
final class Nvrtc implements CudaCompiler {
  private static final List<String> LIBRARIES = List.of("libnvrtc.so.12", "libnvrtc.so.13");

  /** Loaded by name at a compilation. */
  private static final Pattern BUILTINS = Pattern.compile("libnvrtc-builtins\\.so\\.1[23]\\..*");

  /** RTLD_LAZY, and symbols not global. */
  private static final Map<String, Object> FLAGS = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  private static @Nullable Nvrtc loaded;

  private final String version;
  private final List<NativeLibrary> libraries;

  private Nvrtc(List<NativeLibrary> libraries, String version) {
    this.libraries = libraries;
    this.version = version;
  }

  /**
   * Loads it.
   *
   * @return empty when there is none
   * @throws KlifException when there is one that cannot be loaded
   */
  static synchronized Optional<Nvrtc> find() {
    if (loaded == null) {
      for (LibrarySearch.Place place : LibrarySearch.withMaven()) {
        for (String name : LIBRARIES) {
          Path file = place.find(name);
          if (file != null) {
            loaded = load(place, file);
            return Optional.of(loaded);
          }
        }
      }
    }
    return Optional.ofNullable(loaded);
  }

  private static Nvrtc load(LibrarySearch.Place place, Path file) {
    CodeFolder.forNatives();
    List<NativeLibrary> opened = new ArrayList<>();
    try {
      for (Path builtins : place.findAll(BUILTINS)) {
        opened.add(NativeLibrary.getInstance(builtins.toString(), FLAGS));
      }
      opened.add(NativeLibrary.getInstance(file.toString(), FLAGS));
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException(
          "cannot load %s: %s; install NVRTC anew (pip install nvidia-cuda-nvrtc-cu12), or name its folder in %s"
              .formatted(file, String.valueOf(e.getMessage()).strip(), LibrarySearch.VARIABLE),
          e);
    }
    String name = file.getFileName().toString();
    JCudaNatives.load(
        "JNvrtc",
        bytes ->
            name.equals(LIBRARIES.get(0)) ? bytes : ElfRename.apply(bytes, LIBRARIES.get(0), name),
        () -> JNvrtc.setExceptionsEnabled(false));
    int[] major = new int[1];
    int[] minor = new int[1];
    check(JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
    return new Nvrtc(opened, "NVRTC %d.%d".formatted(major[0], minor[0]));
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public String ptx(CudaText text, KernelHeaders headers, CudaFlags flags, Path work) {
    List<String> names = List.copyOf(headers.texts().keySet());
    List<String> texts = names.stream().map(headers.texts()::get).toList();
    nvrtcProgram program = new nvrtcProgram();
    check(
        JNvrtc.nvrtcCreateProgram(
            program,
            text.text(),
            "neuron.cu",
            names.size(),
            texts.toArray(String[]::new),
            names.toArray(String[]::new)),
        "nvrtcCreateProgram");
    try {
      String[] options = flags.flags().toArray(String[]::new);
      int status = JNvrtc.nvrtcCompileProgram(program, options.length, options);
      if (status == nvrtcResult.NVRTC_ERROR_COMPILATION) {
        String[] log = new String[1];
        check(JNvrtc.nvrtcGetProgramLog(program, log), "nvrtcGetProgramLog");
        throw CompilerMessages.failure("neuron " + text.name(), "NVRTC", log[0], text.sources());
      }
      check(status, "nvrtcCompileProgram");
      String[] ptx = new String[1];
      check(JNvrtc.nvrtcGetPTX(program, ptx), "nvrtcGetPTX");
      return flags.lowered(ptx[0]);
    } finally {
      check(JNvrtc.nvrtcDestroyProgram(program), "nvrtcDestroyProgram");
    }
  }

  private static void check(int status, String call) {
    if (status != nvrtcResult.NVRTC_SUCCESS) {
      throw new KlifException(
          "%s failed with %s (%d); please report it with this message"
              .formatted(call, nvrtcResult.stringFor(status), status));
    }
  }

  @Override
  public String toString() {
    return version + ": " + libraries.get(libraries.size() - 1).getFile();
  }
}
