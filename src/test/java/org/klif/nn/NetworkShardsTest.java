package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Loss;
import org.klif.device.RatePenalty;
import org.klif.shard.LocalExchange;
import org.klif.shard.Parts;
import org.klif.shard.Shard;
import org.klif.shard.ShardGroup;

/** One step of a network on a batch in parts, against the same step on the whole batch. */
@Timeout(240)
class NetworkShardsTest {
  private static final int BATCH = 7;
  private static final int CLASSES = 4;
  private static final int[] LABELS = {0, 1, 2, 3, 1, 0, 2};

  /**
   * Batch norm alone and in front of neurons, over a constant and a varying input, dropout, and a
   * residual block and attention, and a penalty on the firing rates of the whole batch. Spikes are
   * the surrogate's primitive: with steps a single spike at the threshold, flipped by rounding,
   * would be a difference that says nothing.
   */
  private static final String TEXT =
      "c6k3 bn klif{threshold=0.75,perChannel=true} mp2 | res( c6k3 bn klif : c6k1 tdbn )"
          + " | attend2( c6k1 bn klif : c6k1 klif : c6k1 klif ) | bn dp fc12 bn plif | fc8 | vote2";

  private static final Network.Options OPTIONS =
      Network.Options.of(3, 2, 6, 6)
          .withSmooth(true)
          .withConstantInput(true)
          .withDropout(0.3)
          .withRatePenalty(new RatePenalty.Objective(0.1, 0.5));

  /** What a step leaves. */
  private record Outcome(
      double loss, List<float[]> gradients, List<float[]> running, List<float[]> readings) {}

  private static Device open(String name) {
    return Devices.open(name, new DeviceOptions(1));
  }

  /** The samples from first on, of a batch that is the same for all. */
  private static float[] samples(int first, int count) {
    float[] all = Nets.random("input", (long) BATCH * 2 * 6 * 6);
    float[] part = new float[count * 2 * 6 * 6];
    System.arraycopy(all, first * 2 * 6 * 6, part, 0, part.length);
    return part;
  }

  private static Outcome step(
      Device device, Network network, NetworkPlan plan, Loss.Kind kind, int first, int count) {
    try (BufferScope scope = new BufferScope(device)) {
      int steps = plan.outputShape().steps();
      Loss loss = scope.own(device.loss(new Loss.Spec(kind, steps, count, CLASSES)));
      Buffer labels = scope.own(device.allocate(DType.INT32, count));
      labels.upload(LABELS, first, 0, count);
      Buffer rate = scope.zeros((long) count * CLASSES);
      network.beginStep(5);
      plan.input().upload(samples(first, count));
      plan.forward(true);
      loss.forward(plan.output(), labels, rate, network.readings().loss());
      loss.backward(plan.output(), rate, labels, plan.outputGradient());
      plan.backward();
      network.readings().download();
      float[] readings = new float[network.readings().count()];
      network.readings().copyTo(readings, 0);
      return new Outcome(
          network.readings().lossValue(),
          network.parameters().stream().map(Parameter::gradients).toList(),
          network.runningStatistics().stream().map(Buffer::toArray).toList(),
          List.of(readings));
    }
  }

  private static Outcome alone(String name, Loss.Kind kind) {
    try (Device device = open(name);
        Network network = Nets.network(device, TEXT, OPTIONS);
        NetworkPlan plan = network.plan(BATCH, true)) {
      return step(device, network, plan, kind, 0, BATCH);
    }
  }

  private static List<Outcome> inParts(String name, int shards, boolean synchronize) {
    return inParts(name, Loss.Kind.CROSS_ENTROPY, shards, synchronize);
  }

  private static List<Outcome> inParts(
      String name, Loss.Kind kind, int shards, boolean synchronize) {
    ShardGroup group = new ShardGroup(new LocalExchange(shards));
    List<CompletableFuture<Outcome>> all = new ArrayList<>();
    for (Shard shard : group.members()) {
      CompletableFuture<Outcome> one = new CompletableFuture<>();
      new Thread(
              () -> {
                Parts parts = new Parts(BATCH, shards);
                try (Device device = open(name);
                    Network network = Nets.network(device, TEXT, OPTIONS);
                    NetworkPlan plan = network.plan(new BatchPart(shard, parts, synchronize))) {
                  int own = shard.index();
                  one.complete(
                      step(device, network, plan, kind, parts.first(own), parts.computed(own)));
                } catch (RuntimeException | Error e) {
                  group.fail(e);
                  one.completeExceptionally(e);
                }
              })
          .start();
      all.add(one);
    }
    return all.stream().map(CompletableFuture::join).toList();
  }

  /**
   * Float32 rounds each of a few thousand terms and each layer's activations by 6e-8; through eight
   * layers and six batch norms, which divide by a standard deviation, that grew to some 1e-6 of the
   * largest gradient of a tensor. A wrong weight or statistic is an error of percents.
   */
  private static void assertClose(String what, float[] expected, float[] actual) {
    double largest = 1e-3;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(expected[i] - actual[i]);
      assertTrue(
          error <= 5e-5 * largest,
          "%s[%d]: %s alone, %s in parts".formatted(what, i, expected[i], actual[i]));
    }
  }

  static void assertSameMathematics(String name, Loss.Kind kind, int shards) {
    Outcome alone = alone(name, kind);
    List<Outcome> parts = inParts(name, kind, shards, true);
    Parts cut = new Parts(BATCH, shards);
    for (int p = 0; p < alone.gradients().size(); p++) {
      int parameter = p;
      float[][] each =
          parts.stream().map(part -> part.gradients().get(parameter)).toArray(float[][]::new);
      float[] sum = new float[each[0].length];
      cut.weightedSum(each, 0, sum.length, sum);
      assertClose("gradient " + p, alone.gradients().get(p), sum);
    }
    for (int r = 0; r < alone.running().size(); r++) {
      for (Outcome part : parts) {
        assertClose("running statistics " + r, alone.running().get(r), part.running().get(r));
        assertArrayEquals(parts.get(0).running().get(r), part.running().get(r), "all the same");
      }
    }
    StepReadback joined = new StepReadback();
    for (int layer = 0; layer < 6; layer++) {
      joined.addLayer();
    }
    joined.bind(null);
    joined.join(parts.stream().map(part -> part.readings().get(0)).toArray(float[][]::new), 0, cut);
    float[] readings = new float[joined.count()];
    joined.copyTo(readings, 0);
    assertClose("readings", alone.readings().get(0), readings);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 9})
  void partsAddUpToTheWholeOnTheCpu(int shards) {
    assertSameMathematics("cpu", Loss.Kind.CROSS_ENTROPY, shards);
    assertSameMathematics("cpu", Loss.Kind.TET, shards);
  }

  @Test
  void twiceTheSameBits() {
    List<Outcome> one = inParts("cpu", 2, true);
    List<Outcome> two = inParts("cpu", 2, true);
    for (int shard = 0; shard < 2; shard++) {
      for (int p = 0; p < one.get(0).gradients().size(); p++) {
        assertArrayEquals(
            one.get(shard).gradients().get(p), two.get(shard).gradients().get(p), "bits");
      }
    }
  }

  @Test
  void withoutSynchronisationEachPartIsNormalisedByItself() {
    List<Outcome> synchronised = inParts("cpu", 2, true);
    List<Outcome> apart = inParts("cpu", 2, false);
    boolean differs = false;
    float[] one = apart.get(0).running().get(0);
    float[] two = apart.get(1).running().get(0);
    float[] both = synchronised.get(0).running().get(0);
    for (int c = 0; c < one.length; c++) {
      differs |= one[c] != two[c];
      // running means start at 0, so they weigh like the parts' own means; one rounding each
      assertTrue(Math.abs(both[c] - (4 * one[c] + 3 * two[c]) / 7) <= 1e-6, "channel " + c);
    }
    assertTrue(differs, "the parts have different samples");
  }
}
