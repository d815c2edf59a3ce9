package org.klif.device.cpu;

import java.util.Arrays;

/**
 * Scratch arrays of each worker thread, shared by all planned operations; grown while planning
 * only.
 */
public final class Scratch {
  /**
   * Where a worker's numbers begin in each of its arrays. Between two workers' numbers, and between
   * them and what all read, are so at least two lines of the cache, which a processor fetches
   * together. Where the garbage collector happened to put them into one line, the step forward took
   * twice the time.
   */
  public static final int FIRST = 32;

  /** Vector loops may read past a chunk's end by less than one register of 16 floats. */
  private static final int SLACK = 16;

  /** Arrays of one worker, from FIRST on; sequences over T have one chunk after another. */
  public static final class Worker {
    Worker() {
      Arrays.fill(stages, Elements.allocate(0, false));
    }

    // over all T
    /** H at each step. */
    public float[] h = new float[0];

    /** S at each step. */
    public float[] s = new float[0];

    /** Derivative of the surrogate at each step. */
    public float[] sg = new float[0];

    /** PLIF's derivative of H by r at each step. */
    public float[] d = new float[0];

    // one chunk
    /** Potential. */
    public float[] v = new float[0];

    /** Gradient of the potential. */
    public float[] g = new float[0];

    /** Gradient of the spikes, at each step or of one. */
    public float[] gs = new float[0];

    /** Gradient of H. */
    public float[] gh = new float[0];

    /** Gradient of a constant input. */
    public float[] gx = new float[0];

    /**
     * Spikes of a chunk by lane, exact up to 2^24 each. To add up the lanes of a vector in each
     * call took a sixth of a pooled layer's forward time.
     */
    public final float[] fired = new float[FIRST + SLACK + FIRST];

    // accumulators, one per chunk element
    /** Gradient of k. */
    public float[] gk = new float[0];

    /** Gradient of r. */
    public float[] gw = new float[0];

    /** Sum of the gradients of x, see batch norm. */
    public float[] sumG = new float[0];

    /** Sum of the gradients of x times xhat. */
    public float[] sumGx = new float[0];

    /** Sum of the gradients' magnitudes. */
    public float[] sumAbs = new float[0];

    // native memory
    /** Float32 copies of an image that is bfloat16 in memory: two that are read, one written. */
    final Elements[] stages = new Elements[3];

    /** Spikes since they were last taken. */
    double takeFired() {
      double count = 0;
      for (int lane = FIRST; lane < FIRST + SLACK; lane++) {
        count += fired[lane];
      }
      Arrays.fill(fired, 0f);
      return count;
    }

    void clearSums(int chunk) {
      Arrays.fill(gk, FIRST, FIRST + chunk, 0f);
      Arrays.fill(gw, FIRST, FIRST + chunk, 0f);
      Arrays.fill(sumG, FIRST, FIRST + chunk, 0f);
      Arrays.fill(sumGx, FIRST, FIRST + chunk, 0f);
      Arrays.fill(sumAbs, FIRST, FIRST + chunk, 0f);
    }
  }

  private final Worker[] workers;

  Scratch(int threads) {
    workers = new Worker[threads];
    for (int i = 0; i < threads; i++) {
      workers[i] = new Worker();
    }
  }

  Worker worker(int number) {
    return workers[number];
  }

  /** The arrays of one worker for a trial of the loops, without a device. */
  static Worker worker(int chunk, int sequence) {
    Scratch scratch = new Scratch(1);
    scratch.reserve(chunk, sequence);
    return scratch.worker(0);
  }

  /** Makes room in the stages for so many elements. */
  void reserveStages(int elements) {
    for (Worker w : workers) {
      for (int i = 0; i < w.stages.length && w.stages[i].size() < elements; i++) {
        w.stages[i] = Elements.allocate(elements, false);
      }
    }
  }

  /** Makes room for a chunk, and for a chunk at each of T steps. */
  void reserve(int chunk, int sequence) {
    int one = FIRST + chunk + SLACK + FIRST;
    int all = FIRST + sequence + SLACK + FIRST;
    for (Worker w : workers) {
      if (w.v.length < one) {
        w.v = new float[one];
        w.g = new float[one];
        w.gh = new float[one];
        w.gx = new float[one];
        w.gk = new float[one];
        w.gw = new float[one];
        w.sumG = new float[one];
        w.sumGx = new float[one];
        w.sumAbs = new float[one];
      }
      if (w.h.length < all) {
        w.h = new float[all];
        w.s = new float[all];
        w.sg = new float[all];
        w.gs = new float[all];
        w.d = new float[all];
      }
    }
  }
}
