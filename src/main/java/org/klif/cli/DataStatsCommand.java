package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.klif.UsageException;
import org.klif.data.Catalogue;
import org.klif.data.CatalogueEntry;
import org.klif.data.DataStore;
import org.klif.data.SetStatistics;
import org.klif.data.events.Disorder;
import org.klif.data.events.EventFile;
import org.klif.data.events.EventTotals;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Figures of one event file, its fields as they are stored, or of a whole data set: {@code klif
 * data stats FILE|NAME}.
 */
@Command(
    name = "stats",
    description =
        "Count the events of a recording (N-MNIST, N-Caltech101, AEDAT 2.0 or 3.1, plain or compressed: .gz,"
            + " .xz), or look through a whole data set.")
final class DataStatsCommand extends DataCommand {
  @Parameters(index = "0", paramLabel = "FILE|NAME", description = "An event file or a data set.")
  Path file;

  @Option(
      names = "--frames",
      paramLabel = "RULE",
      description = "Say how many events frames by this rule leave out, as in duration(4,5000).")
  String frames;

  @Option(
      names = "--filter",
      paramLabel = "TEXT",
      description = "Say how many events this filter leaves out, as in \"denoise(10000)\".")
  String filter;

  DataStatsCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    String name = file.toString();
    boolean isSet =
        Catalogue.load().entries().stream().anyMatch(entry -> entry.name().equals(name));
    if (isSet && !Files.isRegularFile(file)) {
      return ofSet(name, result);
    }
    if (frames != null || filter != null) {
      throw new UsageException(
          "--frames and --filter are for a data set, and %s is a file; klif data show draws a sample"
              .formatted(file));
    }
    return ofFile(result);
  }

  private int ofSet(String name, ObjectNode result) {
    DataStore store = store();
    CatalogueEntry entry = store.entry(name);
    if (!entry.format().events() && (frames != null || filter != null)) {
      throw new UsageException(
          "--frames and --filter are for recordings of events, and " + name + " has images");
    }
    FrameRule rule =
        frames == null ? FrameRule.byCount(entry.shape().steps()) : FrameRule.parse(frames);
    EventFilter changes = filter == null ? EventFilter.none() : EventFilter.parse(filter);
    result.put("name", name);
    ArrayNode parts = result.putArray("parts");
    for (SetStatistics part : store.statistics(name, rule, changes)) {
      ObjectNode json = parts.addObject().put("name", part.name()).put("samples", part.samples());
      ArrayNode perClass = json.putArray("perClass");
      part.perClass().forEach(perClass::add);
      line("%s: %d samples, per class %s", part.name(), part.samples(), perClass);
      SetStatistics.EventFigures events = part.events();
      if (events == null) {
        part.means().forEach(json.putArray("means")::add);
        part.deviations().forEach(json.putArray("deviations")::add);
        line("  mean of each channel %s", rounded(part.means()));
        line("  deviation of each channel %s", rounded(part.deviations()));
      } else {
        json.put("fewestEvents", events.fewest()).put("meanEvents", events.mean());
        json.put("mostEvents", events.most()).put("shareOfOnes", events.shareOfOnes());
        json.put("meanSeconds", events.meanSeconds());
        json.put("eventsPerSecond", events.eventsPerSecond());
        json.put("eventsBack", events.tally().back());
        json.put("recordingsBack", events.tally().disordered());
        json.put("keptEvents", events.tally().kept());
        json.put("emptiedRecordings", events.tally().emptied());
        json.put("framedEvents", events.tally().framed());
        line(
            "  events of a recording: %,d to %,d, mean %,.1f"
                + (entry.shape().channels() == 1 ? "" : "; %.1f %% of polarity 1"),
            events.fewest(),
            events.most(),
            events.mean(),
            100 * events.shareOfOnes());
        line(
            "  mean duration %.3f s, %,.0f events/s",
            events.meanSeconds(), events.eventsPerSecond());
        events.remarks().forEach(remark -> line("  note: %s", remark));
      }
    }
    return KlifCommand.DONE;
  }

  private static String rounded(List<Double> values) {
    return values.stream()
        .map(value -> String.format(Locale.ROOT, "%.4f", value))
        .collect(Collectors.joining(", "));
  }

  private int ofFile(ObjectNode result) {
    EventTotals totals = EventFile.totals(file);
    String format = totals.format();
    Disorder disorder = totals.disorder();
    result
        .put("format", format)
        .put("events", totals.events())
        .put("polarityOnes", totals.polarityOnes())
        .put("xSum", totals.xSum())
        .put("ySum", totals.ySum());
    putMicros(result, "firstMicros", totals.firstMicros());
    putMicros(result, "lastMicros", totals.lastMicros());
    result.put("eventsBack", disorder.events());
    result.put("firstBack", disorder.events() == 0 ? null : (Long) disorder.first());
    line("%s: %s", file, format);
    line(
        "%d events, %d of polarity 1; sum of x %d, of y %d",
        totals.events(), totals.polarityOnes(), totals.xSum(), totals.ySum());
    if (totals.events() > 0) {
      line(
          "first at %d, last at %d microseconds",
          totals.firstMicros().getAsLong(), totals.lastMicros().getAsLong());
    }
    if (disorder.events() > 0) {
      line(
          "%d of them go back in time, first %s; frames are made of them in the order of time",
          disorder.events(), disorder.where());
    }
    return KlifCommand.DONE;
  }

  private static void putMicros(ObjectNode result, String key, OptionalLong micros) {
    result.put(key, micros.isPresent() ? (Long) micros.getAsLong() : null);
  }
}
