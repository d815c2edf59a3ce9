package org.klif.neuron;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a neuron file declares: its learned parameters, constants and states, in the order of their
 * declarations. The arithmetic is in the source's {@code step} alone.
 *
 * @param source the file
 * @param struct name of the struct template
 */
public record NeuronModel(
    NeuronSource source,
    String struct,
    List<Learned> learned,
    List<Constant> constants,
    List<State> states) {
  /** Most learned parameters of a neuron: each costs a component of every dual number. */
  public static final int MOST_LEARNED = 8;

  /** Most states of a neuron: each costs a component and is carried in registers. */
  public static final int MOST_STATES = 8;

  /** Each learned parameter starts at a multiple of so many elements, see {@link #learnedSize}. */
  public static final int ALIGNMENT = 16;

  /** How a raw, learned number becomes the value that {@code step} sees. */
  public enum Constraint {
    /** The value itself. */
    NONE,
    /** value = 1 / (1 + exp(-raw)). */
    SIGMOID,
    /** value = log(1 + exp(raw)). */
    SOFTPLUS
  }

  /**
   * A learned parameter.
   *
   * @param initial first value, as {@code step} sees it
   * @param constraint from the raw number that is trained to the value
   * @param lower the value is held at or above it after each step of the optimizer; -infinity for
   *     no bound; only without a constraint
   * @param upper likewise from above
   * @param perChannel one for each channel instead of one for the layer
   * @param line of its declaration, from 1
   */
  public record Learned(
      String name,
      double initial,
      Constraint constraint,
      double lower,
      double upper,
      boolean perChannel,
      int line) {
    /** The raw number whose value is {@link #initial}. */
    public double rawInitial() {
      return switch (constraint) {
        case NONE -> initial;
        case SIGMOID -> Math.log(initial / (1 - initial));
        // log(exp(y) - 1), without overflow for a large y
        case SOFTPLUS -> initial + Math.log(-Math.expm1(-initial));
      };
    }

    /** Number of trained numbers in a layer of so many channels. */
    public int size(int channels) {
      return perChannel ? channels : 1;
    }
  }

  /**
   * A number that is not learned; configurations may set it. It is part of the compiled kernel.
   *
   * @param lower smallest value allowed, -infinity for any
   * @param upper largest value allowed
   */
  public record Constant(String name, double value, double lower, double upper, int line) {}

  /**
   * A state carried through time.
   *
   * @param initial before the first step
   */
  public record State(String name, double initial, int line) {}

  /** Copies the lists. */
  public NeuronModel {
    learned = List.copyOf(learned);
    constants = List.copyOf(constants);
    states = List.copyOf(states);
  }

  /** Name in networks and parameter names: that of the file. */
  public String name() {
    return source.name();
  }

  /** Names of its constants and learned parameters, which a configuration may set. */
  public Set<String> settings() {
    Set<String> names = new LinkedHashSet<>();
    constants.forEach(constant -> names.add(constant.name()));
    learned.forEach(one -> names.add(one.name()));
    return names;
  }

  /**
   * First element of a learned parameter within the buffer that holds all of a layer's, one after
   * the other, each padded to a multiple of {@link #ALIGNMENT} elements.
   */
  public int offset(int index, int channels) {
    int offset = 0;
    for (int i = 0; i < index; i++) {
      offset = Math.addExact(offset, padded(learned.get(i).size(channels)));
    }
    return offset;
  }

  /** Elements of that buffer, its padding included; 0 when nothing is learned. */
  public int learnedSize(int channels) {
    return offset(learned.size(), channels);
  }

  /** The raw numbers that a layer starts from, a {@link #learnedSize} of them; padding is 0. */
  public float[] initialNumbers(int channels) {
    float[] numbers = new float[learnedSize(channels)];
    for (int i = 0; i < learned.size(); i++) {
      int from = offset(i, channels);
      float raw = (float) learned.get(i).rawInitial();
      Arrays.fill(numbers, from, from + learned.get(i).size(channels), raw);
    }
    return numbers;
  }

  private static int padded(int size) {
    return Math.addExact(size, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
