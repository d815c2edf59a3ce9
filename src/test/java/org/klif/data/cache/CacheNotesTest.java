package org.klif.data.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheNotesTest {
  @Test
  void aLineEveryTenSeconds() {
    List<String> lines = new ArrayList<>();
    long[] now = {5};
    CacheNotes notes = new CacheNotes(lines::add, () -> now[0]);
    for (int done = 1; done <= 2500; done++) {
      now[0] += 10_000_000;
      notes.samples(done);
    }
    notes.note("done");
    assertEquals(
        List.of(
            "making frames: 1,000 recordings so far, 100/s; later runs find them made",
            "making frames: 2,000 recordings so far, 100/s; later runs find them made",
            "done"),
        lines);
  }

  @Test
  void theTotalWhereItIsKnown() {
    List<String> lines = new ArrayList<>();
    long[] now = {0};
    CacheNotes notes = new CacheNotes(lines::add, () -> now[0]);
    now[0] = 100_000_000_000L;
    notes.begin(60_000);
    notes.samples(1);
    now[0] += 10_000_000_000L;
    notes.samples(20_000);
    notes.end();
    assertEquals(
        List.of(
            "making frames: 20,000 of 60,000 recordings so far, 2,000/s; later runs find them made"),
        lines);
  }
}
