package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;

/** Profiles on the CPU. */
class ProfileTest extends ProfileCases {
  @Override
  String device() {
    return "cpu";
  }

  @Test
  void aResumedRunIsProfiledToo() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("cut"));
    AtomicInteger asked = new AtomicInteger();
    StopRule inTheFirstEpoch = StopRule.when(() -> asked.incrementAndGet() == 6);
    TrainingRuns.start(
        config(), run, Trust.SHIPPED, new Runs.Listener(), inTheFirstEpoch, profiler());
    assertTrue(Files.exists(run.path().resolve("profile.json")), "of the steps until then");
    TrainingRuns.resume(
        run, null, Trust.SHIPPED, new Runs.Listener(), StopRule.when(() -> false), profiler());
    Runs.assertSame(plain(), run);
    // 11 steps were left: one to warm up, then every other one
    JsonNode training = read(run, "profile.json").get("steps").get(0);
    assertEquals(5, training.get("recorded").get("steps").asInt());
  }
}
