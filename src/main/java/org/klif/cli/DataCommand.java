package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.klif.data.DataStore;
import org.klif.data.FileCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands of klif data share: get, check, list, path, show and stats. */
abstract class DataCommand extends JsonCommand {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the set's own files, or a parent of NAME.")
  Path data;

  DataCommand(Console console) {
    super(console);
  }

  DataStore store() {
    return DataStore.open(Optional.ofNullable(data));
  }

  /** Commands about one set. */
  abstract static class OnSet extends DataCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "Name of the data set.")
    String name;

    OnSet(Console console) {
      super(console);
    }

    static void putPath(ObjectNode result, Optional<Path> folder) {
      result.put("path", folder.map(Path::toString).orElse(null));
    }
  }

  /** Downloads what is missing. */
  @Command(name = "get", description = "Download what is missing of a data set, and check it.")
  static final class Get extends OnSet {
    Get(Console console) {
      super(console);
    }

    @Override
    int run(ObjectNode result) {
      DownloadPrinter printer = new DownloadPrinter(console);
      Optional<Path> folder = store().get(name, printer);
      printer.end();
      folder.ifPresent(place -> console.out().println(name + " is in " + place));
      result.put("name", name);
      putPath(result, folder);
      return KlifCommand.DONE;
    }
  }

  /** Compares the sums, or reads every sample where no sums are known. */
  @Command(
      name = "check",
      description =
          "Compare the files of a data set with their checksums; where they are unpacked or a part, read every sample.")
  static final class Check extends OnSet {
    Check(Console console) {
      super(console);
    }

    @Override
    int run(ObjectNode result) {
      List<FileCheck> checks = store().check(name);
      result.put("name", name);
      result.put("ok", checks.stream().allMatch(FileCheck::ok));
      ArrayNode files = result.putArray("files");
      for (FileCheck check : checks) {
        String status = check.status().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        line("%-12s %s: %s", status, check.name(), check.detail());
        files
            .addObject()
            .put("name", check.name())
            .put("status", status)
            .put("detail", check.detail());
      }
      return checks.stream().allMatch(FileCheck::ok) ? KlifCommand.DONE : KlifCommand.FAILED;
    }
  }

  /** All sets. */
  @Command(name = "list", description = "List the data sets and whether they are here.")
  static final class ListSets extends DataCommand {
    ListSets(Console console) {
      super(console);
    }

    @Override
    int run(ObjectNode result) {
      ArrayNode sets = result.putArray("datasets");
      for (DataStore.Listing listing : store().list()) {
        String place = listing.folder().map(Path::toString).orElse("part of the program");
        line(
            "%-14s %-8s %s (%s)",
            listing.entry().name(),
            listing.present() ? "here" : "missing",
            listing.entry().title(),
            place);
        ObjectNode set =
            sets.addObject()
                .put("name", listing.entry().name())
                .put("title", listing.entry().title())
                .put("licence", listing.entry().licence())
                .put("present", listing.present());
        OnSet.putPath(set, listing.folder());
      }
      return KlifCommand.DONE;
    }
  }

  /** Where a set is or belongs. */
  @Command(name = "path", description = "Print the folder where a data set is or belongs.")
  static final class PathOf extends OnSet {
    PathOf(Console console) {
      super(console);
    }

    @Override
    int run(ObjectNode result) {
      Optional<Path> folder = store().path(name);
      console.out().println(folder.map(Path::toString).orElse(name + " is part of the program"));
      result.put("name", name);
      putPath(result, folder);
      return KlifCommand.DONE;
    }
  }
}
