package org.klif.reproduce;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.klif.data.CatalogueEntry;
import org.klif.data.DataStore;

/** Whether the data of a row is on this machine, and what to do where it is not. */
final class RowData {
  private final DataStore store;
  private final Optional<Path> chosen;
  private final Set<String> present;

  /**
   * Looks at all sets once.
   *
   * @param chosen what {@code --data} says, if given
   */
  RowData(Optional<Path> chosen) {
    this.store = DataStore.open(chosen);
    this.chosen = chosen;
    this.present =
        store.list().stream()
            .filter(DataStore.Listing::present)
            .map(listing -> listing.entry().name())
            .collect(Collectors.toSet());
  }

  /** Empty when the data is there. */
  Optional<String> missing(TableRow row) {
    if (present.contains(row.data())) {
      return Optional.empty();
    }
    CatalogueEntry entry = store.entry(row.data());
    String option = chosen.map(folder -> " --data " + folder).orElse("");
    String get = "klif data get %s%s".formatted(entry.name(), option);
    String remedy =
        entry.manual() == null
            ? "\"%s\" fetches it".formatted(get)
            : "\"%s\" says where a person gets it and where to put it".formatted(get);
    return Optional.of(
        "row %s: %s is not in %s; %s"
            .formatted(
                row.name(),
                entry.name(),
                store.path(entry.name()).map(Path::toString).orElse("the program"),
                remedy));
  }

  /** The value of the configuration's key dataFolder. */
  String folder() {
    return chosen.map(folder -> folder.toAbsolutePath().normalize().toString()).orElse("");
  }
}
