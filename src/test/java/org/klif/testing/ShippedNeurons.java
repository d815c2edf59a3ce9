package org.klif.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Reset;

/**
 * The files klif.cuh, lif.cuh, plif.cuh and if.cuh that come with Klif, in the place of the neurons
 * written by hand: so every test of those runs on what is derived from the files.
 */
public final class ShippedNeurons {
  private static final Pattern DECLARATION =
      Pattern.compile(
          "\\s*(Constant|Option|Learned|State)<Real>\\s+(\\w+)\\s*=\\s*\\{?\\s*([-\\w.]+).*");

  private ShippedNeurons() {}

  /** The file's neuron with the options of a built-in one. */
  public static Neuron.Custom like(Neuron neuron) {
    boolean perChannel = neuron instanceof Neuron.Klif klif && klif.perChannel();
    NeuronModel model = atRest(model(neuron.token(), perChannel), neuron.common().reset());
    Map<String, Double> values = new LinkedHashMap<>();
    Neuron.Common common = neuron.common();
    values.put("threshold", common.threshold());
    values.put("softReset", flag(common.reset() instanceof Reset.Soft));
    values.put("vReset", common.reset().restingPotential());
    values.put("detachReset", flag(common.detachReset()));
    if (neuron instanceof Neuron.Klif klif) {
      values.put("tau", klif.tau());
      values.put("decayInput", flag(klif.decayInput()));
      values.put("scaleReset", flag(klif.scaleReset()));
      values.put("relu", flag(klif.relu()));
    } else if (neuron instanceof Neuron.Lif lif) {
      values.put("tau", lif.tau());
      values.put("decayInput", flag(lif.decayInput()));
    } else if (neuron instanceof Neuron.Plif plif) {
      values.put("decayInput", flag(plif.decayInput()));
    }
    return new Neuron.Custom(common, model, values, null);
  }

  /** Built-in neurons start at their resting potential. */
  private static NeuronModel atRest(NeuronModel m, Reset reset) {
    List<NeuronModel.State> states =
        m.states().stream()
            .map(s -> new NeuronModel.State(s.name(), reset.restingPotential(), s.line()))
            .toList();
    return new NeuronModel(m.source(), m.struct(), m.learned(), m.constants(), states);
  }

  private static double flag(boolean on) {
    return on ? 1 : 0;
  }

  /** What a file declares; perChannel as given, else as the file has it. */
  public static NeuronModel model(String name, boolean perChannel) {
    String text;
    try (InputStream in =
        ShippedNeurons.class.getResourceAsStream("/neurons/%s.cuh".formatted(name))) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return model(new NeuronSource(name, name + ".cuh", text), perChannel);
  }

  /** What a text declares, one declaration a line. */
  public static NeuronModel model(NeuronSource source, boolean perChannel) {
    List<NeuronModel.Learned> learned = new ArrayList<>();
    List<NeuronModel.Constant> constants = new ArrayList<>();
    List<NeuronModel.State> states = new ArrayList<>();
    double infinity = Double.POSITIVE_INFINITY;
    int number = 0;
    for (String line : source.text().lines().toList()) {
      number++;
      Matcher m = DECLARATION.matcher(line);
      if (!m.matches()) {
        continue;
      }
      String name = m.group(2);
      String first = m.group(3);
      double value =
          first.equals("true") ? 1 : first.equals("false") ? 0 : Double.parseDouble(first);
      switch (m.group(1)) {
        case "Constant" ->
            constants.add(new NeuronModel.Constant(name, value, -infinity, infinity, number));
        case "Option" -> constants.add(new NeuronModel.Constant(name, value, 0, 1, number));
        case "State" -> states.add(new NeuronModel.State(name, value, number));
        default -> {
          NeuronModel.Constraint constraint =
              line.contains("sigmoid")
                  ? NeuronModel.Constraint.SIGMOID
                  : line.contains("softplus")
                      ? NeuronModel.Constraint.SOFTPLUS
                      : NeuronModel.Constraint.NONE;
          boolean each = perChannel || line.contains("perChannel");
          learned.add(
              new NeuronModel.Learned(name, value, constraint, -infinity, infinity, each, number));
        }
      }
    }
    Matcher struct = Pattern.compile("struct (\\w+)").matcher(source.text());
    if (!struct.find()) {
      throw new AssertionError("no struct in " + source.origin());
    }
    return new NeuronModel(source, struct.group(1), learned, constants, states);
  }

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
      Neuron.Custom neuron = like(spec.neuron());
      this.stretch = neuron.model().stretch(spec.input().channels());
      this.custom =
          device.neuronUnit(
              new Spec(neuron, spec.input(), spec.normalized(), spec.pooling(), spec.smooth()));
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
