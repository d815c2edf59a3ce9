package org.klif.neuron;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Operations of a step of a neuron from a file, counted in its text: an estimate, since both sides
 * of a branch count, a loop's body counts once, and functions of the file's own are not followed.
 */
public final class StepOperations {
  private static final Pattern COMMENTS = Pattern.compile("//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);
  private static final Pattern STEP = Pattern.compile("\\bstep\\s*\\(");

  /** One each. */
  private static final Pattern SIMPLE =
      Pattern.compile(
          "(?<![-+*/(,=<>!&|?:{;]\\s{0,9})[-+](?![-+])|[*/]|[<>]=?|[!=]="
              + "|\\b(?:abs|min|max|relu|where|spike)\\s*\\(");

  private static final Pattern TWO = Pattern.compile("\\b(?:fma|clamp)\\s*\\(");

  /** Polynomials of some ten terms. */
  private static final Pattern TRANSCENDENTAL =
      Pattern.compile("\\b(?:exp|log|sqrt|tanh|sigmoid|softplus|pow)\\s*\\(");

  private static final int OF_A_TRANSCENDENTAL = 20;

  private StepOperations() {}

  /** Of the step itself. */
  public static int forward(NeuronModel model) {
    String code = COMMENTS.matcher(model.source().text()).replaceAll(" ");
    Matcher step = STEP.matcher(code);
    String body = step.find() ? code.substring(code.indexOf('{', step.end())) : "";
    return Math.toIntExact(
        SIMPLE.matcher(body).results().count()
            + 2 * TWO.matcher(body).results().count()
            + OF_A_TRANSCENDENTAL * TRANSCENDENTAL.matcher(body).results().count());
  }

  /**
   * The step twice, for the states at the chunk's steps and for the derivatives, and two operations
   * on each of the latter for every operation: one for each state, what is learned, and x.
   */
  public static int backward(NeuronModel model) {
    int derivatives = model.states().size() + model.learned().size() + 1;
    return forward(model) * (2 + 2 * derivatives);
  }
}
