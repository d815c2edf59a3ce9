package org.klif.workbench;

import java.util.Locale;
import java.util.function.Consumer;
import org.klif.neuron.NeuronSource;

/** A user's surrogate: its derivative beside differences of its primitive, and where it leads. */
public final class SurrogateCheck {
  private static final String CHECK = "surrogate";

  /** u from -4 to 4; 0, where neurons decide, is one of them. */
  private static final int POINTS = 801;

  private static final double WIDTH = 4;

  /** Differences of double precision; a wrong factor shows as 1e-2 and more. */
  private static final double TOLERANCE = 1e-6;

  /** Of the derivative in float32. */
  private static final double FLOAT_TOLERANCE = 1e-5;

  /** Arguments that a training may meet when it goes wrong. */
  private static final double[] FAR = {-1e6, -100, 100, 1e6};

  private SurrogateCheck() {}

  /**
   * Checks a surrogate.
   *
   * @param source its file
   * @param alpha its steepness
   * @throws org.klif.KlifException with file and line when it does not compile
   */
  public static void check(NeuronSource source, double alpha, Consumer<CheckRow> rows) {
    double[] u = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      u[i] = WIDTH * (2.0 * i / (POINTS - 1) - 1);
    }
    NativeReference.SurrogateValues values = NativeReference.surrogate(source, alpha, u);
    String where = String.format(Locale.ROOT, "%s, alpha %s", source.name(), alpha);
    double largest = 0;
    for (double d : values.derivative) {
      largest = Math.max(largest, Math.abs(d));
    }
    double worst = 0;
    double worstFloat = 0;
    double at = 0;
    for (int i = 0; i < POINTS; i++) {
      double error = Math.abs(values.derivative[i] - values.difference[i]) / largest;
      if (values.smooth[i] != 0 && !(error <= worst)) {
        worst = error;
        at = u[i];
      }
      double rounding = Math.abs(values.derivative[i] - values.kernel[i]) / largest;
      worstFloat = rounding <= worstFloat ? worstFloat : rounding;
    }
    if (largest == 0 || !Double.isFinite(largest)) {
      rows.accept(
          CheckRow.wrong(
              CHECK,
              where,
              "%s: the derivative is %s between u = -4 and 4, so that nothing would be learned"
                  .formatted(source.origin(), largest == 0 ? "0 everywhere" : "not finite")));
      return;
    }
    if (worst > TOLERANCE || Double.isNaN(worst)) {
      rows.accept(
          CheckRow.wrong(
              CHECK,
              where,
              String.format(
                  Locale.ROOT,
                  "%s: derivative(u, alpha) is not the derivative of primitive(u, alpha): at u = %.2f it is %.6g, the differences of primitive give %.6g",
                  source.origin(),
                  at,
                  values.derivative[index(at)],
                  values.difference[index(at)])));
    } else {
      rows.accept(CheckRow.measured(CHECK, where, "derivative beside primitive", worst, TOLERANCE));
    }
    rows.accept(
        CheckRow.measured(CHECK, where, "float32 beside double", worstFloat, FLOAT_TOLERANCE));
    NativeReference.SurrogateValues far = NativeReference.surrogate(source, alpha, FAR);
    for (int i = 0; i < FAR.length; i++) {
      if (!Double.isFinite(far.kernel[i]) || !Double.isFinite(far.primitive[i])) {
        rows.accept(
            CheckRow.wrong(
                CHECK,
                where,
                "%s: at u = %s the derivative is %s and the primitive %s; both must stay finite"
                    .formatted(source.origin(), FAR[i], far.kernel[i], far.primitive[i])));
        return;
      }
    }
    rows.accept(
        CheckRow.right(
            CHECK,
            where,
            String.format(
                Locale.ROOT, "primitive %.2g to %.2g", far.primitive[0], far.primitive[3])));
  }

  private static int index(double u) {
    return (int) Math.round((u / WIDTH + 1) / 2 * (POINTS - 1));
  }
}
