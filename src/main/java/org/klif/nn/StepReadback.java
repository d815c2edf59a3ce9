package org.klif.nn;

import org.klif.device.Buffer;
import org.klif.device.OptimizerStep;
import org.klif.shard.Parts;

/**
 * The small results of a step in one region of device memory, so that one transfer reads them all:
 * loss and number of correct samples, gradient norm, state of loss scaling, the activity of each
 * neuron layer, and the penalty on firing rates. A network has one, whichever plan runs; whoever
 * computes a result writes it to the view here.
 */
public final class StepReadback {
  private static final int LOSS = 0;
  private static final int CORRECT = 1;
  private static final int NORM = 2;
  private static final int SCALING = 3;
  private static final int ACTIVITY = SCALING + OptimizerStep.LOSS_SCALE_SIZE;
  private static final int ACTIVITY_SIZE = 2;

  private int layers;
  private Buffer memory;
  private float[] values;

  StepReadback() {}

  /** One more neuron layer; returns its number. */
  int addLayer() {
    return layers++;
  }

  /** Number of neuron layers. */
  int layers() {
    return layers;
  }

  /** Elements of all results together. */
  long size() {
    return penaltyAt() + 1L;
  }

  private int penaltyAt() {
    return ACTIVITY + ACTIVITY_SIZE * layers;
  }

  void bind(Buffer buffer) {
    memory = buffer;
    values = new float[Math.toIntExact(size())];
  }

  /** 2 elements: loss and number of correct samples, as {@link org.klif.device.Loss} writes it. */
  public Buffer loss() {
    return memory.view(LOSS, 2);
  }

  /** 1 element: the gradients' norm, as {@link OptimizerStep} writes it. */
  public Buffer gradientNorm() {
    return memory.view(NORM, 1);
  }

  /** State of loss scaling after the last step; all 0 where nothing is scaled. */
  public Buffer lossScale() {
    return memory.view(SCALING, OptimizerStep.LOSS_SCALE_SIZE);
  }

  /** 2 elements of a neuron layer, see {@link NeuronLayer#activity}. */
  Buffer activity(int layer) {
    return memory.view(ACTIVITY + (long) ACTIVITY_SIZE * layer, ACTIVITY_SIZE);
  }

  /** The activity of all neuron layers, one after the other. */
  Buffer activities() {
    return memory.view(ACTIVITY, (long) ACTIVITY_SIZE * layers);
  }

  /** 1 element: the penalty on firing rates; 0 where there is none. */
  Buffer penalty() {
    return memory.view(penaltyAt(), 1);
  }

  /**
   * All results, for an {@link org.klif.device.OutputQueue} that brings them to {@link #values}.
   */
  public Buffer buffer() {
    return memory;
  }

  /** Where the results arrive; the methods below read them. */
  public float[] values() {
    return values;
  }

  /** Reads all results of the work given so far; waits for the device. */
  public void download() {
    memory.download(0, values, 0, values.length);
  }

  /** Elements that {@link #copyTo} writes. */
  public int count() {
    return values.length;
  }

  /** Puts the values that arrived last into an array, for {@link #join}. */
  public void copyTo(float[] target, int offset) {
    System.arraycopy(values, 0, target, offset, values.length);
  }

  /**
   * Makes loss, correct samples, activity and penalty those of a batch that several shards
   * computed; norm and scale stay. The penalty is the same in all of them. A shard's gradients are
   * those of the mean loss over its part, so in the whole batch's they have the part's weight, and
   * again in the mean over all elements.
   *
   * @param all of each shard, as {@link #copyTo} wrote it
   * @param offset where it begins
   */
  public void join(float[][] all, int offset, Parts parts) {
    double loss = 0;
    double correct = 0;
    for (int shard = 0; shard < all.length; shard++) {
      if (parts.size(shard) > 0) {
        loss += parts.weight(shard) * all[shard][offset + LOSS];
        correct += all[shard][offset + CORRECT];
      }
    }
    values[LOSS] = (float) loss;
    values[CORRECT] = (float) correct;
    values[penaltyAt()] = all[0][offset + penaltyAt()];
    for (int i = ACTIVITY; i < penaltyAt(); i += ACTIVITY_SIZE) {
      double rate = 0;
      double gradient = 0;
      for (int shard = 0; shard < all.length; shard++) {
        if (parts.size(shard) > 0) {
          double weight = parts.weight(shard);
          rate += weight * all[shard][offset + i];
          gradient += weight * weight * all[shard][offset + i + 1];
        }
      }
      values[i] = (float) rate;
      values[i + 1] = (float) gradient;
    }
  }

  /** Mean loss of the batch. */
  public double lossValue() {
    return values[LOSS];
  }

  /** The penalty on firing rates, which is in no loss here; 0 where there is none. */
  public double penaltyValue() {
    return values[penaltyAt()];
  }

  /** Samples that were right. */
  public long correct() {
    return Math.round(values[CORRECT]);
  }

  /** Norm of all gradients before clipping. */
  public double norm() {
    return values[NORM];
  }

  /** Scale of the loss after the step; 0 where nothing is scaled. */
  public float scale() {
    return values[SCALING + OptimizerStep.SCALE];
  }

  /** Mean spikes per neuron-step of a neuron layer, in the order of the network. */
  public float rate(int layer) {
    return values[ACTIVITY + ACTIVITY_SIZE * layer];
  }

  /** Mean |gradient of the input current| of a neuron layer; scaled as the loss is. */
  public float gradient(int layer) {
    return values[ACTIVITY + ACTIVITY_SIZE * layer + 1];
  }
}
