package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.device.Attention;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.verify.AttentionReference;

/** Attention, with fewer tokens than channels of a head and the other way round. */
interface AttentionContract extends TestedDevice {
  @ParameterizedTest
  @CsvSource({
    // images, tokens, channels, heads, scale
    "1, 1, 1, 1, 1",
    "2, 5, 6, 2, 0.125",
    "3, 3, 16, 2, 0.25",
    "2, 4, 8, 2, 0.3",
    "4, 7, 5, 5, 2",
    "2, 1, 9, 1, 0.125",
    "3, 9, 1, 1, 0.5",
    "2, 64, 48, 3, 0.125",
    "2, 49, 130, 2, 0.125"
  })
  default void attentionAgrees(int images, int tokens, int channels, int heads, double scale) {
    Attention.Spec spec = new Attention.Spec(images, tokens, channels, heads, scale);
    Uniform uniform = new Uniform(tokens);
    int size = images * tokens * channels;
    AttentionRun.Inputs in = AttentionRun.Inputs.of(i -> uniform.floats(size));
    AttentionReference expected = in.reference(spec);
    AttentionRun actual = AttentionRun.of(device(), spec, in);
    Closeness.assertClose("y", expected.y(), actual.y(), expected.size().y());
    Closeness.assertClose("gq", expected.gq(), actual.gq(), expected.size().gq());
    Closeness.assertClose("gk", expected.gk(), actual.gk(), expected.size().gk());
    Closeness.assertClose("gv", expected.gv(), actual.gv(), expected.size().gv());
    AttentionRun again = AttentionRun.of(device(), spec, in);
    assertArrayEquals(actual.y(), again.y());
    assertArrayEquals(actual.gk(), again.gk());
  }

  /**
   * Sums of spikes are whole numbers, so a scale that is a power of two leaves nothing to round.
   */
  @ParameterizedTest
  @CsvSource({"16, 32, 4", "16, 64, 2"})
  default void attentionOfSpikesIsExact(int tokens, int channels, int heads) {
    Attention.Spec spec = new Attention.Spec(3, tokens, channels, heads, 0.125);
    AttentionRun.Inputs in = AttentionRun.Inputs.of(i -> spikes(i, Math.toIntExact(spec.size())));
    AttentionReference expected = in.reference(spec);
    AttentionRun actual = AttentionRun.of(device(), spec, in);
    Closeness.assertSame("y", expected.y(), actual.y());
    Closeness.assertSame("gq", expected.gq(), actual.gq());
    Closeness.assertSame("gk", expected.gk(), actual.gk());
    Closeness.assertSame("gv", expected.gv(), actual.gv());
  }

  /** A quarter of ones. */
  static float[] spikes(long seed, int size) {
    float[] spikes = new float[size];
    int[] drawn = new Uniform(seed).ints(size, 4);
    for (int i = 0; i < size; i++) {
      spikes[i] = drawn[i] == 0 ? 1 : 0;
    }
    return spikes;
  }

  /** Each buffer of another size, and heads that do not share out the channels. */
  @Test
  default void attentionRefusesWhatDoesNotFit() {
    KlifException heads =
        assertThrows(KlifException.class, () -> new Attention.Spec(1, 4, 6, 4, 0.125));
    assertTrue(heads.getMessage().startsWith("6 channels cannot be shared out among 4 heads"));
    assertThrows(KlifException.class, () -> new Attention.Spec(1, 4, 6, 2, 0));
    try (BufferScope scope = new BufferScope(device())) {
      Attention attention = scope.own(device().attention(new Attention.Spec(1, 4, 6, 2, 0.125)));
      for (int wrong = 0; wrong < 8; wrong++) {
        Buffer[] b = new Buffer[8];
        for (int i = 0; i < b.length; i++) {
          b[i] = scope.zeros((i == 4 ? 18 : 24) + (i == wrong ? 1 : 0));
        }
        String role =
            new String[] {"Q", "K", "V", "Y", "INNER", "GQ", "GK", "GV"}[wrong]
                + " of an attention";
        refused(
            role,
            () ->
                attention.backward(
                    new Attention.Backward(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7])));
        if (wrong < 5) {
          refused(
              role, () -> attention.forward(new Attention.Forward(b[0], b[1], b[2], b[4], b[3])));
        }
      }
    }
  }

  private static void refused(String role, Executable call) {
    KlifException e = assertThrows(KlifException.class, call);
    assertTrue(e.getMessage().startsWith(role + " has "), e.getMessage());
  }
}
