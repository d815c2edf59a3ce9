package org.klif.device;

/**
 * Is told when pieces of work begin and end, for a profile. Pieces nest: a step has phases, a phase
 * layers, and in these a device that is profiled times its operations itself. A probe is used by
 * the thread that uses the device. Without a profile it is {@link #NONE}, which does nothing.
 */
public interface Probe {
  /** Ignores it all. */
  Probe NONE = new Probe() {};

  /** What a piece of a step is. */
  enum Kind {
    /** Part of a step: forward, data, upload and so on. */
    PHASE,
    /** One layer's share of a phase. */
    LAYER
  }

  /** A section of a run begins: steps lie in it. */
  default void beginSection(String name) {}

  /** The section is over. */
  default void endSection() {}

  /** A step begins; the same work is done again and again under its name. */
  default void beginStep(String work) {}

  /** The step is over. */
  default void endStep() {}

  /** A piece of the step begins. */
  default void begin(Kind kind, String name) {}

  /** The piece that began last is over. */
  default void end() {}
}
