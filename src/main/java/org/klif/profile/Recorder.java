package org.klif.profile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.device.Probe;

/**
 * Takes down what happens in some of the steps: after the first ones, which warm up, one step is
 * recorded and the next is only timed as a whole, and so on until enough are recorded. A recorded
 * step waits for the device after each operation, so its time is the sum of its pieces'.
 */
final class Recorder implements Probe {
  private static final int SHARE_OF_WARM_UP = 10;
  private static final int MOST_WARM_UP = 100;

  /** What a step is at. */
  private enum Mode {
    /** Neither timed nor recorded. */
    IDLE,
    /** Timed as a whole. */
    TIMED,
    /** Each piece is timed. */
    RECORDED
  }

  /** A piece that is not over. */
  private static final class Open {
    final String category;
    final String name;
    final String phase;
    final @Nullable String layer;
    final Cost cost;
    final long begin;
    long inner;

    Open(String category, String name, @Nullable Open outer, Cost cost, long begin) {
      this.category = category;
      this.name = name;
      this.phase = category.equals(Event.PHASE) ? name : outer == null ? "" : outer.phase;
      this.layer = category.equals(Event.LAYER) ? name : outer == null ? null : outer.layer;
      this.cost = cost;
      this.begin = begin;
    }
  }

  private final int most;
  private final long start = System.nanoTime();
  private final Map<String, StepSums> works = new LinkedHashMap<>();
  private final Map<String, Integer> expected = new LinkedHashMap<>();
  private final Map<String, SectionSum> sections = new LinkedHashMap<>();
  private final List<Event> events = new ArrayList<>();
  private final Deque<Open> open = new ArrayDeque<>();
  private Runnable synchronize = () -> {};
  private Mode mode = Mode.IDLE;
  private StepSums work = new StepSums("");
  private String section = "";
  private long sectionBegin;
  private long stepBegin;

  /**
   * Records nothing yet.
   *
   * @param most steps of each work that are recorded
   */
  Recorder(int most) {
    this.most = most;
  }

  /** How a recorded step waits for the device. */
  void setSynchronize(Runnable wait) {
    synchronize = wait;
  }

  /** How often a work will be done: the first tenth of it, at most 100 steps, warms up. */
  void expect(String name, long count) {
    expected.put(name, (int) Math.min(MOST_WARM_UP, count / SHARE_OF_WARM_UP));
  }

  boolean recording() {
    return mode == Mode.RECORDED;
  }

  @Override
  public void beginSection(String name) {
    section = name;
    sectionBegin = System.nanoTime();
  }

  @Override
  public void endSection() {
    long end = System.nanoTime();
    sections.computeIfAbsent(section, SectionSum::new).add(end - sectionBegin);
    events.add(event(Event.SECTION, section, sectionBegin, end, null, Cost.NONE));
  }

  @Override
  public void beginStep(String name) {
    work = works.computeIfAbsent(name, StepSums::new);
    mode = next(work, expected.getOrDefault(name, 0));
    if (mode == Mode.IDLE) {
      return;
    }
    synchronize.run();
    stepBegin = System.nanoTime();
    if (mode == Mode.RECORDED) {
      open.push(new Open(Event.STEP, name, null, Cost.NONE, stepBegin));
    }
  }

  private Mode next(StepSums sums, int warmUp) {
    if (sums.recorded() >= most) {
      return Mode.IDLE;
    }
    if (sums.skipped() < warmUp) {
      sums.skip();
      return Mode.IDLE;
    }
    return sums.recorded() <= sums.timed() ? Mode.RECORDED : Mode.TIMED;
  }

  @Override
  public void endStep() {
    Mode ended = mode;
    if (ended == Mode.IDLE) {
      return;
    }
    synchronize.run();
    mode = Mode.IDLE;
    long end = System.nanoTime();
    if (ended == Mode.RECORDED) {
      close(end);
      work.addRecorded(end - stepBegin);
    } else {
      work.addTimed(end - stepBegin);
      events.add(event(Event.TIMED_STEP, work.name(), stepBegin, end, null, Cost.NONE));
    }
  }

  @Override
  public void begin(Kind kind, String name) {
    if (mode == Mode.RECORDED) {
      String category = kind == Kind.PHASE ? Event.PHASE : Event.LAYER;
      open.push(new Open(category, name, open.peek(), Cost.NONE, System.nanoTime()));
    }
  }

  @Override
  public void end() {
    if (mode == Mode.RECORDED) {
      close(System.nanoTime());
    }
  }

  /** Does an operation of the device, timed and waited for in a recorded step. */
  void operation(String name, Cost cost, Runnable work) {
    if (mode != Mode.RECORDED) {
      work.run();
      return;
    }
    open.push(new Open(Event.OPERATION, name, open.peek(), cost, System.nanoTime()));
    work.run();
    synchronize.run();
    close(System.nanoTime());
  }

  private void close(long end) {
    Open piece = open.pop();
    long nanos = end - piece.begin;
    Open outer = open.peek();
    if (outer != null) {
      outer.inner += nanos;
    }
    boolean operation = piece.category.equals(Event.OPERATION);
    work.add(
        piece.phase,
        operation && piece.layer != null ? piece.layer : "",
        operation ? piece.name : Row.REST,
        nanos - piece.inner,
        piece.cost);
    events.add(event(piece.category, piece.name, piece.begin, end, piece.layer, piece.cost));
  }

  private Event event(
      String category, String name, long begin, long end, @Nullable String layer, Cost cost) {
    return new Event(category, name, begin - start, end - begin, layer, cost.bytes(), cost.flops());
  }

  /** What was recorded of each work that has a recorded step. */
  List<StepProfile> steps() {
    return works.values().stream()
        .filter(sums -> sums.recorded() > 0)
        .map(StepSums::profile)
        .toList();
  }

  /** The sections of the run. */
  List<SectionProfile> sections() {
    return sections.values().stream().map(SectionSum::profile).toList();
  }

  /** All events, an outer one ahead of those in it. */
  List<Event> events() {
    return events.stream().sorted(Event.ORDER).toList();
  }
}
