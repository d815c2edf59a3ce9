package org.klif.nn;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.tensor.ActivationShape;

/** What the layers share while a plan is made, and what they leave in it. */
final class PlanContext {
  /** Input of a layer with weights. */
  record WeightedInput(String layer, Activation input) {}

  /** What a layer wrote. */
  record Written(String layer, Activation output) {}

  private final Device device;
  private final boolean training;
  private final Buffer dropoutCounter;
  private final SlotPlanner slots = new SlotPlanner();
  private final List<AutoCloseable> operations = new ArrayList<>();
  private final List<SpikingLayer.Plan> spiking = new ArrayList<>();
  private final List<WeightedInput> weighted = new ArrayList<>();
  private final List<Written> written = new ArrayList<>();

  PlanContext(Device device, boolean training, Buffer dropoutCounter) {
    this.device = device;
    this.training = training;
    this.dropoutCounter = dropoutCounter;
  }

  Device device() {
    return device;
  }

  /** True when the plan must be able to go backward: activations are kept. */
  boolean training() {
    return training;
  }

  Buffer dropoutCounter() {
    return dropoutCounter;
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

  void addSpiking(SpikingLayer.Plan plan) {
    spiking.add(plan);
  }

  void addWeighted(String layer, Activation input) {
    weighted.add(new WeightedInput(layer, input));
  }

  void addWritten(String layer, Activation output) {
    written.add(new Written(layer, output));
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

  List<WeightedInput> weighted() {
    return weighted;
  }

  List<Written> written() {
    return written;
  }
}
