package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.UsageException;

class DataStoreTest {
  @TempDir Path folder;
  private final TinySet tiny = new TinySet();

  @Test
  void theParentFolderComesFromTheEnvironment() {
    Path home = Path.of("home");
    assertEquals(Path.of("home", ".cache", "klif"), DataStore.parent(Map.of(), home));
    assertEquals(home.resolve(".cache/klif"), DataStore.parent(Map.of("KLIF_DATA", " "), home));
    assertEquals(Path.of("big"), DataStore.parent(Map.of("KLIF_DATA", "big"), home));
  }

  @Test
  void dataNamesTheFolderOrItsParent() {
    DataStore chosen = store(Optional.of(folder));
    // Nothing there yet: files belong into the subfolder.
    assertEquals(Optional.of(folder.resolve("tiny")), chosen.path("tiny"));
    assertEquals(
        Optional.of(folder.resolve("x/tiny")),
        store(Optional.of(folder.resolve("x/tiny"))).path("tiny"));
    write(folder);
    assertEquals(Optional.of(folder), chosen.path("tiny"));
    write(folder.resolve("tiny"));
    assertEquals(Optional.of(folder.resolve("tiny")), chosen.path("tiny"));
    assertEquals(Optional.of(Path.of("cache", "tiny")), store(Optional.empty()).path("tiny"));
    try (DatasetPair pair = chosen.load("tiny")) {
      assertEquals("tiny test", pair.test().name());
      assertEquals(20, pair.test().size());
    }
  }

  @Test
  void missingFilesAreNamedWithTheRemedy() {
    KlifException e = assertThrows(KlifException.class, () -> store(Optional.empty()).load("tiny"));
    assertTrue(
        e.getMessage()
            .startsWith(
                "tiny: train-images.gz, train-labels.gz, test-images.gz, test-labels.gz are missing from "
                    + Path.of("cache", "tiny")
                    + "; run \"klif data get tiny\""),
        e.getMessage());
    write(folder);
    assertTrue(folder.resolve(TinySet.TEST_LABELS).toFile().delete());
    e = assertThrows(KlifException.class, () -> store(Optional.of(folder)).load("tiny"));
    assertTrue(
        e.getMessage()
            .startsWith(
                "tiny: test-labels.gz is missing from %s; run \"klif data get tiny --data %s\""
                    .formatted(folder, folder)),
        e.getMessage());
  }

  @Test
  void checkTellsWhatIsWrongWithEachFile() {
    byte[] other = tiny.file(TinySet.TRAIN_IMAGES).clone();
    other[other.length - 20] ^= 1;
    IdxFiles.write(folder.resolve(TinySet.TRAIN_IMAGES), other);
    IdxFiles.write(
        folder.resolve(TinySet.TRAIN_LABELS), Arrays.copyOf(tiny.file(TinySet.TRAIN_LABELS), 50));
    IdxFiles.write(folder.resolve(TinySet.TEST_LABELS), tiny.file(TinySet.TEST_LABELS));
    assertEquals(
        List.of(
            FileCheck.Status.BAD_CHECKSUM,
            FileCheck.Status.BAD_SIZE,
            FileCheck.Status.MISSING,
            FileCheck.Status.OK),
        store(Optional.of(folder)).check("tiny").stream().map(FileCheck::status).toList());
  }

  @Test
  void listTellsWhatIsThere() {
    DataStore real = new DataStore(Catalogue.load(), Optional.empty(), folder, new Downloader());
    List<DataStore.Listing> sets = real.list();
    assertEquals(
        List.of(
            "digits",
            "mnist",
            "fashion-mnist",
            "cifar10",
            "cifar10-jpeg",
            "cifar100",
            "nmnist",
            "ncaltech101",
            "cifar10-dvs",
            "dvs128-gesture",
            "shd",
            "ssc"),
        sets.stream().map(set -> set.entry().name()).toList());
    assertEquals(
        Stream.concat(Stream.of(true), Stream.generate(() -> false).limit(11)).toList(),
        sets.stream().map(DataStore.Listing::present).toList());
    assertEquals(Optional.of(folder.resolve("mnist")), sets.get(1).folder());
    assertEquals(Optional.empty(), real.get("digits", DownloadProgress.none()));
  }

  @Test
  void anUnknownSetIsAWrongCommandLine() {
    UsageException e =
        assertThrows(UsageException.class, () -> store(Optional.empty()).load("mnits"));
    assertEquals("unknown data set \"mnits\"; known: tiny", e.getMessage());
  }

  @Test
  void theCatalogueHasTheUsualNormalisation() {
    Catalogue catalogue = Catalogue.load();
    assertEquals(Normalisation.of(0.1307, 0.3081), catalogue.entry("mnist").normalisation());
    assertEquals(
        Normalisation.of(0.2860, 0.3530), catalogue.entry("fashion-mnist").normalisation());
    assertTrue(catalogue.entry("fashion-mnist").sources().contains("debian:dataset-fashion-mnist"));
    assertFalse(catalogue.entry("mnist").embedded());
  }

  @Test
  void proxiesOfTheEnvironment() {
    EnvironmentProxies proxies =
        new EnvironmentProxies(
            Map.of(
                "https_proxy", "http://gate:3128", "NO_PROXY", ".inside.example, other.example"));
    assertEquals("gate/<unresolved>:3128", proxy(proxies, "https://data.example/x"));
    assertEquals("", proxy(proxies, "https://a.inside.example/x"));
    assertEquals("", proxy(proxies, "https://other.example/x"));
    assertEquals("", proxy(proxies, "https://127.0.0.1/x"));
    assertEquals("", proxy(proxies, "http://data.example/x"));
  }

  private static String proxy(EnvironmentProxies proxies, String uri) {
    Proxy proxy = proxies.select(URI.create(uri)).get(0);
    return proxy.type() == Proxy.Type.DIRECT ? "" : proxy.address().toString();
  }

  private DataStore store(Optional<Path> chosen) {
    return new DataStore(
        new Catalogue(List.of(tiny.entry("http://127.0.0.1:1/"))),
        chosen,
        Path.of("cache"),
        new Downloader());
  }

  private void write(Path place) {
    tiny.files().forEach((name, bytes) -> IdxFiles.write(place.resolve(name), bytes));
  }
}
