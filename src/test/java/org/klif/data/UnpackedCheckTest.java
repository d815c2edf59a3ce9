package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.data.FileCheck.Status;
import org.klif.data.events.Recordings;
import org.klif.testing.Shared;

/** {@code klif data check} of what a person unpacked. */
class UnpackedCheckTest {
  @TempDir Path folder;

  @Test
  void aPartThatIsSound() {
    for (String name : List.of("nmnist", "cifar10-dvs", "dvs128-gesture", "cifar10")) {
      List<FileCheck> checks = check(name, GeneratedSets.unpacked(files(name), at(name)));
      assertEquals(
          List.of(Status.PART, Status.PART, Status.NO_CHECKSUM),
          checks.stream().map(FileCheck::status).toList(),
          name);
      assertTrue(checks.stream().allMatch(FileCheck::ok));
      assertTrue(checks.get(2).detail().contains("publish no sums of the files"));
    }
    assertEquals(
        "20 of 60,000 samples are there, each readable; of each class 2 of 5923, 2 of 6742, 2 of"
            + " 5958, 2 of 6131, 2 of 5842, 2 of 5421, 2 of 5918, 2 of 6265, 2 of 5851, 2 of 5949",
        check("nmnist", at("nmnist")).get(0).detail());
    assertEquals(
        "11 of 288 samples are there, each readable; of each class 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1",
        check("dvs128-gesture", at("dvs128-gesture")).get(1).detail());
    assertTrue(check("nmnist", at("nmnist")).get(2).detail().contains("9,135 events"));
  }

  @Test
  void eachDamagedRecordingIsNamed() throws IOException {
    Map<String, byte[]> files = GeneratedSets.nmnist();
    files.put("Train/3/00099.bin", new byte[] {1, 2, 3, 4, 5, 6});
    files.put("Test/4/00098.bin", new byte[] {34, 0, 0, 0, 0});
    files.put("Test/5/00097.bin", new byte[0]);
    List<FileCheck> checks = check("nmnist", GeneratedSets.unpacked(files, at("a")));
    assertEquals(
        List.of(
            Status.DAMAGED,
            Status.DAMAGED,
            Status.DAMAGED,
            Status.PART,
            Status.PART,
            Status.NO_CHECKSUM),
        checks.stream().map(FileCheck::status).toList());
    assertTrue(checks.get(0).detail().contains("Test/4/00098.bin: not an N-MNIST recording"));
    assertTrue(checks.get(1).detail().contains("Test/5/00097.bin: the recording is empty"));
    assertTrue(checks.get(2).detail().contains("Train/3/00099.bin is cut short"));
    for (int i = 0; i < 30; i++) {
      Files.write(Files.createDirectories(at("a").resolve("Train/7")).resolve(i + ".bin"), bad());
    }
    checks = check("nmnist", at("a"));
    assertEquals(21, checks.stream().filter(c -> c.status() == Status.DAMAGED).count());
    assertEquals("and 13 more", checks.get(20).detail());
  }

  @Test
  void damagedGestures() {
    Map<String, byte[]> files = GeneratedSets.gesture();
    files.remove("DvsGesture/user02_led_labels.csv");
    files.put("DvsGesture/user24_led_labels.csv", new byte[] {1});
    List<Recordings.Event> outside =
        Arrays.asList(new Recordings.Event(5, 5, 1, 1500), new Recordings.Event(200, 5, 1, 1600));
    files.put("DvsGesture/user01_led.aedat", Recordings.aedat31(outside, 10));
    List<FileCheck> checks = check("dvs128-gesture", GeneratedSets.unpacked(files, at("a")));
    assertTrue(checks.get(0).detail().contains("user24_led_labels.csv does not hold labels"));
    assertTrue(
        checks
            .get(1)
            .detail()
            .endsWith(
                "user01_led.aedat: the event at 1600 microseconds lies at x 200, y 5; the sensor"
                    + " has 128x128 pixels"),
        checks.get(1).detail());
    assertTrue(
        checks
            .get(2)
            .detail()
            .endsWith(
                "user01_led.aedat holds no event of gesture 2, which its labels put from 3000 to"
                    + " 4500 microseconds: its events go from 1500 to 1600; correct the labels, or"
                    + " get both files again"),
        checks.get(2).detail());
    String all = checks.toString();
    assertTrue(all.contains("user02_led_labels.csv is missing beside it"), all);
    assertFalse(checks.stream().allMatch(FileCheck::ok));
  }

  @Test
  void recordingsWithoutANumberAndPartsWithoutSamples() {
    Map<String, byte[]> files = GeneratedSets.cifar10Dvs();
    files.keySet().removeIf(name -> name.contains("_9"));
    files.put("cat/first.aedat", Recordings.aedat2(List.of()));
    List<FileCheck> checks = check("cifar10-dvs", GeneratedSets.unpacked(files, at("a")));
    assertEquals(
        List.of(Status.DAMAGED, Status.PART, Status.MISSING, Status.NO_CHECKSUM),
        checks.stream().map(FileCheck::status).toList());
  }

  @Test
  void archivesAmongTheFilesAreCompared() throws IOException {
    Path place = GeneratedSets.unpacked(GeneratedSets.nmnist(), at("a"));
    GeneratedSets.zip(GeneratedSets.nmnist(), "Train/", place.resolve("Train.zip"));
    List<FileCheck> checks = check("nmnist", place);
    assertEquals("Train.zip", checks.get(0).name());
    assertEquals(Status.BAD_CHECKSUM, checks.get(0).status());
    assertTrue(checks.get(1).detail().startsWith("1 of the 2 archives"), checks.get(1).detail());
    assertEquals(5, checks.size());
  }

  @Test
  void moreThanWasPublished() {
    Map<String, byte[]> files = GeneratedSets.nmnist();
    byte[] one = files.get("Test/0/00021.bin");
    for (int i = 0; i < 981; i++) {
      files.put("Test/0/1%04d.bin".formatted(i), one);
    }
    List<FileCheck> checks = check("nmnist", GeneratedSets.unpacked(files, at("a")));
    assertEquals(Status.DAMAGED, checks.get(1).status());
    assertTrue(checks.get(1).detail().contains("982 of 980"), checks.get(1).detail());
  }

  @Test
  void theSharedPartOfNmnist() {
    List<FileCheck> checks = check("nmnist", Shared.require().resolve("data/nmnist"));
    assertEquals(
        List.of(Status.PART, Status.PART, Status.NO_CHECKSUM),
        checks.stream().map(FileCheck::status).toList());
    assertTrue(checks.get(0).detail().startsWith("1,000 of 60,000 samples are there"));
    assertTrue(checks.get(1).detail().contains("8 of 980, 14 of 1135"), checks.get(1).detail());
  }

  private static byte[] bad() {
    return new byte[] {0, 0, 0};
  }

  private Path at(String name) {
    return folder.resolve(name);
  }

  private static Map<String, byte[]> files(String name) {
    return switch (name) {
      case "nmnist" -> GeneratedSets.nmnist();
      case "cifar10-dvs" -> GeneratedSets.cifar10Dvs();
      case "cifar10" -> GeneratedSets.cifar10();
      default -> GeneratedSets.gesture();
    };
  }

  private List<FileCheck> check(String name, Path place) {
    return new DataStore(
            Catalogue.load(), Optional.of(place), folder.resolve("parent"), new Downloader())
        .check(name);
  }
}
