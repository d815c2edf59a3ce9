package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.klif.UsageException;
import org.klif.data.CatalogueEntry;
import org.klif.data.DataStore;
import org.klif.data.Dataset;
import org.klif.data.DatasetPair;
import org.klif.data.SamplePicture;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.io.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Draws one sample. */
@Command(
    name = "show",
    description = "Draw one sample: .png has all frames side by side, .gif one after the other.")
final class DataShowCommand extends DataCommand.OnSet {
  @Option(
      names = "--sample",
      paramLabel = "I",
      description = "Its number, from 0; otherwise the first.")
  int sample;

  @Option(names = "--part", paramLabel = "PART", description = "train or test; otherwise train.")
  String part = "train";

  @Option(
      names = "--frames",
      paramLabel = "RULE",
      description =
          "How events become frames, as in count(10) or duration(20,50000); otherwise count of the"
              + " set's T.")
  String frames;

  @Option(
      names = "--filter",
      paramLabel = "TEXT",
      description = "Of recordings ahead of their frames, as in \"denoise(10000) downsample(2)\".")
  String filter;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "Where the picture goes: a name that ends in .png or .gif.")
  Path out;

  DataShowCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    if (!part.equals("train") && !part.equals("test")) {
      throw new UsageException("--part must be train or test, not " + part);
    }
    SamplePicture.requireEnding(out);
    DataStore store = store();
    CatalogueEntry entry = store.entry(name);
    FrameRule rule =
        frames == null ? FrameRule.byCount(entry.shape().steps()) : FrameRule.parse(frames);
    boolean test = part.equals("test");
    EventFilter changes = filter == null ? EventFilter.none() : EventFilter.parse(filter);
    if (entry.format().events()) {
      try (Dataset one = store.sample(name, rule, changes, test, sample)) {
        show(one, 0, result);
      }
    } else if (filter != null) {
      throw new UsageException("--filter is for recordings of events, and " + name + " has images");
    } else {
      try (DatasetPair pair = store.load(name)) {
        show(test ? pair.test() : pair.train(), sample, result);
      }
    }
    return KlifCommand.DONE;
  }

  private void show(Dataset dataset, int place, ObjectNode result) {
    AtomicFile.write(out, new SamplePicture(dataset, place).encoded(out));
    String className = dataset.classNames().get(dataset.label(place));
    dataset.remarks().forEach(remark -> console.out().println("note: " + remark));
    line("%s: sample %d of %s, class %s", out, sample, dataset.name(), className);
    result.put("name", name).put("part", part).put("sample", sample);
    result.put("class", className).put("out", out.toString());
  }
}
