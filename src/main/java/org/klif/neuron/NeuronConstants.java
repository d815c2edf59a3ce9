package org.klif.neuron;

/**
 * A neuron model as the numbers of one common formula, so that the loops have no branches
 * (docs/MATH.md, "Order of float32 operations"):
 *
 * <pre>
 *   W = V - rest          D = fma(decayed, X, -W)      H = fma(plain, X, fma(D, r, V))
 *   F = max(k H, floor)   S = 1[F >= threshold]
 *   V = fma(S, afterSpike, (F q) fma(-hard, S, 1))     afterSpike = fma(-softThreshold, q, hardReset)
 * </pre>
 *
 * <p>k and q = 1/k (scaleReset) or 1 may differ from channel to channel; all else is here. LIF,
 * PLIF and IF have k = 1 and floor = -infinity, so that F = H exactly. A KLIF without its ReLU has
 * the floor -infinity, too: F = k H.
 *
 * @param decayed 1 where the input is multiplied by r (decayInput), else 0
 * @param plain 1 where the input is added as it is, else 0
 * @param r 1/tau; 0 for IF
 * @param rest resting potential in the charge
 * @param floor 0 for KLIF with its ReLU, else -infinity
 * @param hard 1 for a hard reset, 0 for a soft one
 * @param hardReset reset potential, 0 for a soft reset
 * @param softThreshold threshold for a soft reset, else 0
 * @param attached 1 when the gradient flows through the spike in the reset, 0 when detached
 * @param scaleReset 1 or 0
 * @param inputGradient dX = gH * inputGradient: r with decayInput, else 1
 */
public record NeuronConstants(
    float decayed,
    float plain,
    float r,
    float rest,
    float floor,
    float threshold,
    float hard,
    float hardReset,
    float softThreshold,
    float attached,
    float scaleReset,
    float inputGradient) {

  /** The constants of a model; r is 1/tau, for PLIF sigmoid(w) of this step. */
  public static NeuronConstants of(Neuron neuron, float r) {
    Neuron.Common common = neuron.common();
    boolean decay = neuron.decayInput();
    boolean isHard = common.reset() instanceof Reset.Hard;
    float threshold = (float) common.threshold();
    float rest = (float) common.reset().restingPotential();
    return new NeuronConstants(
        decay ? 1 : 0,
        decay ? 0 : 1,
        r,
        rest,
        neuron instanceof Neuron.Klif klif && klif.relu() ? 0 : Float.NEGATIVE_INFINITY,
        threshold,
        isHard ? 1 : 0,
        isHard ? rest : 0,
        isHard ? 0 : threshold,
        common.detachReset() ? 0 : 1,
        neuron instanceof Neuron.Klif klif && klif.scaleReset() ? 1 : 0,
        decay ? r : 1);
  }
}
