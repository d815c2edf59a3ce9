package org.klif.verify;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.Linear;
import org.klif.device.NeuronUnit;

/** A device whose input gradients, of neurons and of layers with weights, are off by a factor. */
final class FaultyDevice {
  private static final List<Class<?>> OPERATIONS =
      List.of(NeuronUnit.class, Linear.class, Convolution.class);

  private FaultyDevice() {}

  /** Everything else is the right device's. */
  static Device of(Device right, float factor) {
    return (Device)
        proxy(
            List.of(Device.class),
            right,
            (result, arguments) -> {
              // a linear layer may be a convolution, too
              List<Class<?>> operations =
                  OPERATIONS.stream().filter(operation -> operation.isInstance(result)).toList();
              return operations.isEmpty() ? result : faulty(operations, result, factor);
            });
  }

  private static Object faulty(List<Class<?>> operations, Object right, float factor) {
    return proxy(
        operations,
        right,
        (result, arguments) -> {
          if (arguments.length == 1 && arguments[0] instanceof NeuronUnit.Backward io) {
            scale(io.gx(), factor);
          } else if (arguments.length == 3) {
            // backwardData(gy, weight, gx)
            scale((Buffer) arguments[2], factor);
          }
          return result;
        });
  }

  private static void scale(Buffer buffer, float factor) {
    float[] values = buffer.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    buffer.upload(values);
  }

  private interface Afterwards {
    Object apply(Object result, Object[] arguments);
  }

  private static Object proxy(List<Class<?>> types, Object right, Afterwards afterwards) {
    return Proxy.newProxyInstance(
        FaultyDevice.class.getClassLoader(),
        types.toArray(Class<?>[]::new),
        (self, method, arguments) -> {
          try {
            return afterwards.apply(
                method.invoke(right, arguments), arguments == null ? new Object[0] : arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
