package org.klif.data;

import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.data.archive.Compression;
import org.klif.data.archive.NamedInputStream;
import org.klif.data.archive.SampleFiles;

/** Reads CIFAR-10 or CIFAR-100 from the official archive or single files, also packed with xz. */
final class CifarFiles {
  /** Reads both parts; batches come in the order of their names. */
  static DatasetPair read(CatalogueEntry entry, Placement placement) {
    CifarLayout layout = CifarLayout.of(entry.format());
    CifarReader train = new CifarReader(layout);
    CifarReader test = new CifarReader(layout);
    List<Path> containers = placement.containers();
    if (placement.official()) {
      archive(containers.get(0), layout, train, test);
    } else {
      for (Path batch : containers) {
        batch(batch, layout.isTest(batch.getFileName().toString()) ? test : train);
      }
    }
    if (train.count() == 0 || test.count() == 0) {
      throw new KlifException(
          "%s holds %d training and %d test records: both parts are needed"
              .formatted(containers.get(0), train.count(), test.count()));
    }
    return new DatasetPair(
        train.dataset(entry.name() + " train", entry.classNames()),
        test.dataset(entry.name() + " test", entry.classNames()));
  }

  /** Adds the records of one batch, which may be packed. */
  static void batch(Path file, CifarReader reader) {
    try (NamedInputStream in = Compression.open(file)) {
      reader.add(in, file.toString());
    }
  }

  /** The archive has its batches in no useful order, so it is read once for each. */
  private static void archive(Path file, CifarLayout layout, CifarReader train, CifarReader test) {
    try (SampleFiles files = SampleFiles.open(file)) {
      for (SampleFiles.Entry batch : files.entries()) {
        String name = batch.name().substring(batch.name().lastIndexOf('/') + 1);
        if (layout.isFile(name)) {
          try (NamedInputStream in = files.open(batch)) {
            (layout.isTest(name) ? test : train).add(in, file + ", " + batch.name());
          }
        }
      }
    }
  }

  private CifarFiles() {}
}
