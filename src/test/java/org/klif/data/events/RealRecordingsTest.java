package org.klif.data.events;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.data.archive.SampleFiles;
import org.klif.testing.Shared;

/** Real recordings against the figures that src/test/python/event_figures.py prints. */
class RealRecordingsTest {
  @ParameterizedTest
  @CsvSource({
    "dvs128-objects/Caixa,     201523,  89179, 12515836, 11646104, 3151642323, 3170134272",
    "dvs128-objects/Caneca,    351217, 157982, 21280405, 24259448, 3251121587, 3271661663",
    "dvs128-objects/Celular,   307531, 137462, 19167160, 12944458, 4017978467, 4035143381",
    "dvs128-objects/Estilete,  314257, 143002, 19357531, 14338743, 3939025946, 3957404391",
    "dvs128-objects/Lapiseira, 126164,  52463,  7906801,  6266466, 3799644735, 3818152388",
    "dvs128-objects/Mouse,     293096, 133618, 18264130, 14658996, 3001156957, 3019582257",
    "dvs128-walking/neal_walking, 70304, 36273, 4938793,  4408512,  135707767,  144951371",
  })
  void aedat2(String name, long events, long ones, long x, long y, long first, long last) {
    Path file = Shared.require().resolve("data/aedat").resolve(name + ".aedat.xz");
    EventTotals totals = EventFile.totals(file);
    assertEquals("AEDAT 2.0", totals.format());
    assertEquals(events, totals.events());
    assertEquals(ones, totals.polarityOnes());
    assertEquals(x, totals.xSum());
    assertEquals(y, totals.ySum());
    assertEquals(first, totals.firstMicros().orElseThrow());
    assertEquals(last, totals.lastMicros().orElseThrow());
  }

  @Test
  void nmnistSubset() {
    int[] train = {97, 116, 99, 93, 105, 92, 94, 117, 87, 100};
    int[] test = {8, 14, 8, 11, 14, 7, 10, 15, 2, 11};
    Map<String, long[]> sums = new HashMap<>(Map.of("Train", new long[6], "Test", new long[6]));
    Map<String, int[]> counts = Map.of("Train", new int[10], "Test", new int[10]);
    Path archive = Shared.require().resolve("data/nmnist/nmnist-subset.tar.xz");
    try (SampleFiles files = SampleFiles.open(archive)) {
      files.forEach(
          (entry, in) -> {
            Events events = new NmnistReader().read(in, entry.name());
            String part = entry.name().substring(0, entry.name().indexOf('/'));
            counts.get(part)[entry.name().charAt(part.length() + 1) - '0']++;
            add(sums.get(part), events);
            if (entry.name().equals("Train/0/00002.bin")) {
              assertEquals(5028, events.size());
              assertEvent(events, 0, 10, 30, 1, 937);
              assertEvent(events, 5027, 11, 17, 1, 305341);
            }
          });
    }
    assertArrayEquals(train, counts.get("Train"));
    assertArrayEquals(test, counts.get("Test"));
    assertArrayEquals(
        new long[] {1000, 4133231, 2059426, 68895749, 71369733, 610783373176L}, sums.get("Train"));
    assertArrayEquals(
        new long[] {100, 385596, 190652, 6388678, 6394198, 57793290170L}, sums.get("Test"));
  }

  private static void add(long[] sums, Events events) {
    sums[0]++;
    sums[1] += events.size();
    for (int i = 0; i < events.size(); i++) {
      sums[2] += events.polarity(i);
      sums[3] += events.x(i);
      sums[4] += events.y(i);
      sums[5] += events.micros(i);
    }
  }

  private static void assertEvent(Events events, int i, int x, int y, int polarity, long micros) {
    assertEquals(x, events.x(i));
    assertEquals(y, events.y(i));
    assertEquals(polarity, events.polarity(i));
    assertEquals(micros, events.micros(i));
  }

  @Test
  void gestureLabels() throws IOException {
    Path file = Shared.require().resolve("data/aedat/dvsgesture-labels/user01_natural_labels.csv");
    try (InputStream in = Files.newInputStream(file)) {
      List<GestureLabels.Gesture> gestures = GestureLabels.read(in, file.toString());
      assertEquals(
          List.of(1, 2, 3, 5, 4, 6, 7, 8, 8, 9, 10, 11),
          gestures.stream().map(GestureLabels.Gesture::number).toList());
      assertEquals(new GestureLabels.Gesture(1, 53036986, 59508469), gestures.get(0));
      assertEquals(new GestureLabels.Gesture(11, 171367247, 177991967), gestures.get(11));
    }
  }
}
