package org.klif.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.file.NeuronLibrary;

/**
 * The files klif.cuh, lif.cuh, plif.cuh and if.cuh that come with Klif, in the place of the neurons
 * written by hand: so every test of those runs on what is derived from the files.
 */
public final class ShippedNeurons {
  private ShippedNeurons() {}

  /**
   * A device that takes the file's neuron wherever one of the built-in ones is asked for without
   * pooling behind it.
   */
  public static Device over(Device device) {
    return over(device, (what, expected, actual) -> {});
  }

  /** Is told the results of both neurons, after each pass. */
  @FunctionalInterface
  public interface Comparison {
    /** One buffer. */
    void compare(String what, float[] builtIn, float[] custom);
  }

  /** The same, and the neuron written by hand is run beside it. */
  public static Device over(Device device, Comparison comparison) {
    return (Device)
        Proxy.newProxyInstance(
            ShippedNeurons.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("neuronUnit")
                  && ((NeuronUnit.Spec) arguments[0]).pooling() == null) {
                return new Unit(device, (NeuronUnit.Spec) arguments[0], comparison);
              }
              try {
                return method.invoke(device, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** A unit of the file's neuron with the buffers of a built-in one. */
  private static final class Unit implements NeuronUnit {
    private final Device device;
    private final Comparison comparison;
    private final float threshold;
    private final NeuronUnit builtIn;
    private final NeuronUnit custom;
    private final int stretch;

    Unit(Device device, Spec spec, Comparison comparison) {
      this.device = device;
      this.comparison = comparison;
      this.threshold = (float) spec.neuron().common().threshold();
      this.builtIn = device.neuronUnit(spec);
      Neuron.Custom neuron = NeuronLibrary.fromFile(spec.neuron());
      this.stretch = neuron.model().learnedSize(spec.input().channels());
      this.custom =
          device.neuronUnit(
              new Spec(
                  neuron,
                  spec.input(),
                  spec.normalized(),
                  spec.pooling(),
                  spec.smooth(),
                  spec.everySpike()));
    }

    private @Nullable Buffer stretched(BufferScope scope, @Nullable Buffer parameter) {
      if (parameter == null) {
        return null;
      }
      Buffer all = scope.zeros(stretch);
      all.upload(parameter.toArray(), 0, 0, Math.toIntExact(parameter.size()));
      return all;
    }

    private static Forward with(Forward io, @Nullable Buffer parameter, Buffer[] outputs) {
      return new Forward(
          io.x(),
          io.scale(),
          io.shift(),
          parameter,
          io.initial(),
          outputs[0],
          outputs[1],
          outputs[2],
          outputs[3],
          outputs[4]);
    }

    private static Buffer[] outputs(Forward io) {
      return new Buffer[] {io.spikes(), io.last(), io.charged(), io.potential(), io.activity()};
    }

    private static Buffer[] outputs(Backward io) {
      return new Buffer[] {io.gx(), io.gInitial(), io.gParameter(), io.normSums()};
    }

    private static Buffer[] copies(BufferScope scope, Buffer[] buffers) {
      Buffer[] copies = new Buffer[buffers.length];
      for (int i = 0; i < copies.length; i++) {
        copies[i] = buffers[i] == null ? null : scope.of(buffers[i].toArray());
      }
      return copies;
    }

    private void compare(List<String> names, Buffer[] expected, Buffer[] actual) {
      for (int i = 0; i < expected.length; i++) {
        if (expected[i] != null) {
          comparison.compare(names.get(i), expected[i].toArray(), actual[i].toArray());
        }
      }
    }

    @Override
    public void forward(Forward io) {
      try (BufferScope scope = new BufferScope(device)) {
        Buffer[] mine = copies(scope, outputs(io));
        builtIn.forward(with(io, io.parameter(), mine));
        custom.forward(with(io, stretched(scope, io.parameter()), outputs(io)));
        if (io.charged() != null) {
          // u of spike(u) is F - threshold
          float[] u = io.charged().toArray();
          for (int i = 0; i < u.length; i++) {
            u[i] += threshold;
          }
          io.charged().upload(u);
        }
        compare(List.of("S", "last V", "F", "V", "activity"), mine, outputs(io));
      }
    }

    @Override
    public void backward(Backward io) {
      try (BufferScope scope = new BufferScope(device)) {
        Forward forward = io.forward();
        Buffer[] mine = copies(scope, outputs(io));
        builtIn.backward(
            new Backward(
                forward, io.gSpikes(), io.gLast(), mine[0], mine[1], mine[2], io.norm(), mine[3]));
        Buffer gParameter = io.gParameter() == null ? null : scope.zeros(stretch);
        custom.backward(
            new Backward(
                with(forward, stretched(scope, forward.parameter()), outputs(forward)),
                io.gSpikes(),
                io.gLast(),
                io.gx(),
                io.gInitial(),
                gParameter,
                io.norm(),
                io.normSums()));
        if (gParameter != null) {
          float[] all = gParameter.toArray();
          io.gParameter().upload(all, 0, 0, Math.toIntExact(io.gParameter().size()));
        }
        compare(List.of("gx", "gInitial", "gParameter", "normSums"), mine, outputs(io));
      }
    }

    @Override
    public void close() {
      custom.close();
      builtIn.close();
    }
  }
}
