package org.klif.bench;

/**
 * How often something is run. Warm-up and timing each go on until both their number of runs and
 * their time are reached; timing also ends at {@code mostRuns}, and both end at {@code mostSeconds}
 * in total once {@code FEWEST} runs are timed.
 *
 * @param warmUps runs at least ahead of timing
 * @param warmUpSeconds time at least ahead of timing: the JVM compiles meanwhile
 * @param runs timed runs at least
 * @param seconds time of the timed runs at least
 * @param mostRuns timed runs at most
 * @param mostSeconds time in all after which no further run starts
 */
record Repetition(
    int warmUps, double warmUpSeconds, int runs, double seconds, int mostRuns, double mostSeconds) {
  private static final int FEWEST = 3;

  /** Of a pass over neurons: 15 runs or more, about 20 seconds at most. */
  static final Repetition NEURONS = new Repetition(5, 1, 15, 4, 200, 20);

  /**
   * Of a training step: 5 to warm up and 10 timed, or more. On two cores the compiler takes its
   * share of them for the first four seconds or so.
   */
  static final Repetition STEPS = new Repetition(5, 6, 10, 6, 200, 600);

  /** Of two neurons in turn, in a pair. */
  static final Repetition NEURON_PAIR = new Repetition(20, 1, 15, 1, 200, 20);

  /** Of two networks' training steps in turn, in a pair. */
  static final Repetition STEP_PAIR = new Repetition(10, 2.5, 10, 2.5, 200, 120);

  /** Of training steps between two rounds of something else. */
  static final Repetition STEPS_OF_ROUND = new Repetition(2, 0.2, 5, 1, 200, 60);

  /** Of a training step's parts, once the steps themselves are timed. */
  static final Repetition PARTS = new Repetition(2, 0, 10, 2, 100, 200);

  /** As few as there can be, where times mean nothing. */
  static final Repetition FEW = new Repetition(1, 0, 1, 0, 1, 0);

  /** Whether a further run to warm up is due. */
  boolean warming(int done, double secondsSoFar) {
    return secondsSoFar < mostSeconds / 2 && (done < warmUps || secondsSoFar < warmUpSeconds);
  }

  /** Whether a further timed run is due. */
  boolean timing(int done, double timedSeconds, double secondsSoFar) {
    if (done < FEWEST) {
      return true;
    }
    return done < mostRuns && secondsSoFar < mostSeconds && (done < runs || timedSeconds < seconds);
  }
}
