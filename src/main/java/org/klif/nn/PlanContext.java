package org.klif.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.Probe;
import org.klif.tensor.ActivationShape;

/** What the layers share while a plan is made, and what they leave in it. */
final class PlanContext {
  /** Inputs of a layer that multiplies them, each in as many products. */
  record MultipliedInputs(String layer, List<Activation> inputs) {}

  /** What a layer wrote. */
  record Written(String layer, Activation output) {}

  /** What lasts from one step of a stream to the next, and what it is before the first. */
  record State(Buffer buffer, double first) {}

  private final Device device;
  private final boolean training;
  private final int streamSteps;
  private final DropoutCounter dropoutCounter;
  private final @Nullable BatchPart part;
  private final SlotPlanner slots = new SlotPlanner();
  private final List<AutoCloseable> operations = new ArrayList<>();
  private final List<SpikingLayer.Plan> spiking = new ArrayList<>();
  private final List<MultipliedInputs> multiplied = new ArrayList<>();
  private final List<Written> written = new ArrayList<>();
  private final List<State> states = new ArrayList<>();
  private final List<String> normsOfOneValue = new ArrayList<>();
  private @Nullable Buffer spikeGradients;
  private int step;

  private PlanContext(
      Device device,
      boolean training,
      int streamSteps,
      DropoutCounter dropoutCounter,
      @Nullable BatchPart part) {
    this.device = device;
    this.training = training;
    this.streamSteps = streamSteps;
    this.dropoutCounter = dropoutCounter;
    this.part = part;
  }

  /**
   * Of a plan over all time steps.
   *
   * @param part of a batch that several shards compute, or null for a whole batch
   */
  static PlanContext sequence(
      Device device, boolean training, DropoutCounter dropoutCounter, @Nullable BatchPart part) {
    return new PlanContext(device, training, 0, dropoutCounter, part);
  }

  /**
   * Of a plan for one time step after the other, in evaluation mode.
   *
   * @param steps products are those of a run over so many steps
   */
  static PlanContext stream(Device device, int steps, DropoutCounter dropoutCounter) {
    return new PlanContext(device, false, steps, dropoutCounter, null);
  }

  /** Firing rates are penalised: each layer of neurons is to be given a gradient of its spikes. */
  void penalise(int layers) {
    if (layers > 0) {
      spikeGradients = own(device.allocate(layers));
    }
  }

  /** A gradient for each spike of a layer, layer after layer; null where none is penalised. */
  @Nullable Buffer spikeGradients() {
    return spikeGradients;
  }

  Device device() {
    return device;
  }

  /** True when the plan must be able to go backward: activations are kept. */
  boolean training() {
    return training;
  }

  Buffer dropoutCounter() {
    return dropoutCounter.buffer();
  }

  /** The part of the batch that is planned, or null for the whole. */
  @Nullable BatchPart part() {
    return part;
  }

  /** A new activation of that shape. */
  Activation activation(ActivationShape shape) {
    return Activation.of(slots.acquire(shape.elements()), shape);
  }

  Slot acquire(long size) {
    return slots.acquire(size);
  }

  void release(Slot slot) {
    slots.release(slot);
  }

  /** An operation that is closed with the plan. */
  <T extends AutoCloseable> T own(T operation) {
    operations.add(operation);
    return operation;
  }

  /** The plan of a layer, which a profile is told of where there is one. */
  LayerPlan probed(String layer, LayerPlan plan) {
    Probe probe = device.probe();
    return probe == Probe.NONE ? plan : new ProbedPlan(layer, plan, probe);
  }

  /**
   * Memory of a stream's states, which a layer reads ahead of its step and writes after it; null in
   * a plan over all time steps, which begins and ends with every run.
   *
   * @param size of a state
   * @param first value of each state ahead of the first step; they lie one after the other
   */
  @Nullable Buffer state(long size, double... first) {
    if (streamSteps == 0) {
      return null;
    }
    Buffer all = own(device.allocate(Math.multiplyExact(size, first.length)));
    for (int i = 0; i < first.length; i++) {
      states.add(new State(first.length == 1 ? all : all.view(i * size, size), first[i]));
    }
    return all;
  }

  /** For which shape a product is planned whose input has that shape, see {@link StepProduct}. */
  ActivationShape productShape(ActivationShape input) {
    return streamSteps == 0 || input.constant() ? input : input.withSteps(streamSteps);
  }

  /** The step of a stream, counted modulo the steps of a run over all. */
  int step() {
    return step;
  }

  void setStep(int now) {
    step = now;
  }

  List<State> states() {
    return states;
  }

  void addSpiking(SpikingLayer.Plan plan) {
    spiking.add(plan);
  }

  void addMultiplied(String layer, Activation... inputs) {
    multiplied.add(new MultipliedInputs(layer, List.of(inputs)));
  }

  void addWritten(String layer, Activation output) {
    written.add(new Written(layer, output));
  }

  void addNormOfOneValue(String layer) {
    normsOfOneValue.add(layer);
  }

  List<String> normsOfOneValue() {
    return normsOfOneValue;
  }

  SlotPlanner slots() {
    return slots;
  }

  List<AutoCloseable> operations() {
    return operations;
  }

  List<SpikingLayer.Plan> spiking() {
    return spiking;
  }

  List<MultipliedInputs> multiplied() {
    return multiplied;
  }

  List<Written> written() {
    return written;
  }
}
