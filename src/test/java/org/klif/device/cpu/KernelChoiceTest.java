package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.device.Precision;

/** What is missing for vectorised loops is found when the device is opened, and said. */
class KernelChoiceTest {
  @Test
  void takesTheVectorisedLoopsWhereTheModuleIs() {
    KernelChoice choice = KernelChoice.standard(Precision.FLOAT32);
    assertEquals("", choice.notice());
    assertTrue(choice.kernels().description().startsWith("Vector API"));
  }

  @Test
  void whyAProviderCannotBeUsedIsSaidWithTheCost() {
    KernelChoice choice =
        KernelChoice.of(List.of(provider("no module", new ScalarKernels())), Precision.BF16);
    assertPlain(choice, "no module");
  }

  static Stream<String> loops() {
    return Arrays.stream(Kernels.class.getMethods()).map(Method::getName).distinct();
  }

  /** Each loop, as it fails where this version of Java lacks a method that it calls. */
  @ParameterizedTest
  @MethodSource("loops")
  void aLoopThatDoesNotLinkIsFoundAtOnce(String loop) {
    Kernels broken = vectorised(loop, new NoSuchMethodError("fromByteBuffer"));
    assertPlain(KernelChoice.of(List.of(provider("", broken)), Precision.BF16), "fromByteBuffer");
  }

  /** Each loop that computes, leaving everything as it was. */
  @ParameterizedTest
  @MethodSource("loops")
  void aLoopWithOtherNumbersIsFoundAtOnce(String loop) {
    if (!loop.equals("description")) {
      Kernels wrong = vectorised(loop, null);
      assertPlain(
          KernelChoice.of(List.of(provider("", wrong)), Precision.BF16), "gives other numbers");
    }
  }

  @Test
  void aProviderThatDoesNotLinkIsPassedOver() {
    Iterator<KernelsProvider> broken =
        new Iterator<>() {
          private boolean given;

          @Override
          public boolean hasNext() {
            return !given;
          }

          @Override
          public KernelsProvider next() {
            given = true;
            throw new ServiceConfigurationError("compiled for a newer Java");
          }
        };
    assertPlain(KernelChoice.of(() -> broken, Precision.FLOAT32), "compiled for a newer Java");
  }

  @Test
  void aDeviceSaysItOnce() {
    try (Device device =
        new CpuDevice(1, new KernelChoice(new ScalarKernels(), "slow"), Precision.FLOAT32)) {
      assertEquals(List.of("slow"), device.info().notices());
    }
    try (Device device = new CpuDevice(1, Precision.FLOAT32)) {
      assertEquals(List.of(), device.info().notices());
    }
  }

  private static void assertPlain(KernelChoice choice, String reason) {
    assertInstanceOf(ScalarKernels.class, choice.kernels());
    assertTrue(choice.notice().contains("times as slow"), choice.notice());
    assertTrue(choice.notice().contains(reason), choice.notice());
  }

  private static KernelsProvider provider(String reason, Kernels kernels) {
    return new KernelsProvider() {
      @Override
      public String unavailableReason() {
        return reason;
      }

      @Override
      public Kernels kernels() {
        return kernels;
      }
    };
  }

  /** The vectorised loops but for one, which throws or, without an error, does nothing. */
  private static Kernels vectorised(String loop, Error error) {
    Kernels real = ServiceLoader.load(KernelsProvider.class).iterator().next().kernels();
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals(loop)) {
                try {
                  return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }
              if (error != null) {
                throw error;
              }
              Class<?> type = method.getReturnType();
              return type == float.class ? (Object) 0f : type == int.class ? (Object) 0 : null;
            });
  }
}
