package org.klif.workbench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.klif.bench.NeuronBenchmark;
import org.klif.bench.Pairs;
import org.klif.device.Device;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.CudaType;
import org.klif.device.compile.KernelRegisters;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;

/**
 * What a neuron's passes cost beside those of the built-in LIF and KLIF.
 *
 * @param name of the neuron
 * @param result its times
 * @param againstLif its time by LIF's, both run in turn; empty for LIF itself
 */
public record NeuronCost(String name, NeuronBenchmark.Result result, Optional<Pairs> againstLif) {
  /** The architecture that registers are counted for. */
  public static final String ARCHITECTURE = "sm_90";

  /** The neurons to compare with. */
  private static final List<String> BESIDE = List.of("lif", "klif");

  /**
   * Times a neuron, LIF and KLIF.
   *
   * @param steps T
   * @param neurons of the layer
   * @param pairs how many rounds in turn with LIF
   */
  public static List<NeuronCost> measure(
      Device device, Neuron.Custom neuron, int steps, long neurons, int pairs) {
    List<NeuronCost> costs = new ArrayList<>();
    Neuron lif = NeuronOptions.of("lif").neuron();
    costs.add(one(device, neuron.model().name(), neuron, lif, steps, neurons, pairs));
    for (String name : BESIDE) {
      Neuron other = NeuronOptions.of(name).neuron();
      costs.add(one(device, name, other, name.equals("lif") ? null : lif, steps, neurons, pairs));
    }
    return costs;
  }

  private static NeuronCost one(
      Device device,
      String name,
      Neuron neuron,
      @Nullable Neuron beside,
      int steps,
      long neurons,
      int pairs) {
    NeuronBenchmark benchmark = new NeuronBenchmark(neuron, steps, neurons);
    NeuronBenchmark.Result result = benchmark.run(device);
    return new NeuronCost(
        name,
        result,
        beside == null ? Optional.empty() : Optional.of(benchmark.against(beside, pairs, device)));
  }

  /** Registers of its float32 kernels on {@link #ARCHITECTURE}; empty where ptxas is not here. */
  public static List<KernelRegisters.Usage> registers(Neuron.Custom neuron) {
    return KernelRegisters.find()
        .map(
            counter ->
                counter.of(CudaText.of(neuron, false, CudaType.FLOAT32), List.of(ARCHITECTURE)))
        .orElse(List.of());
  }
}
