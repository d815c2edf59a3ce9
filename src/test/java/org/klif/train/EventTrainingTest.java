package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.data.DatasetPair;
import org.klif.data.GeneratedSets;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;

/** Filters and augmentations of recordings, in training. */
class EventTrainingTest {
  @TempDir Path folder;

  private RunConfig config(String... more) {
    Path data = folder.resolve("data");
    if (!Files.exists(data)) {
      GeneratedSets.unpacked(GeneratedSets.nmnist(), data);
    }
    ConfigTree tree =
        ConfigTree.preset("nmnist-small")
            .set("dataFolder=" + data.toAbsolutePath())
            .set("network=c4k3 bn sn mp2 | fc10 bn sn")
            .set("T=2")
            .set("epochs=2")
            .set("batch=5")
            .set("threads=2")
            .set("device=cpu")
            .set("events.filter=downsample(2)");
    for (String setting : more) {
      tree.set(setting);
    }
    return tree.build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flip roll(3) polarity",
        "nda(3,15,15,4) cutmix(0.5) jitter(200) drop(0.1) droptime(0.1) window(20000)"
      })
  void filteredAndAugmentedRunsResumeToTheBit(String changes) throws IOException {
    String augmentation = "events.augmentation=" + changes;
    RunFolder whole = new RunFolder(folder.resolve("whole"));
    Runs.start(config(augmentation), whole, new Runs.Listener(), () -> false);
    RunFolder run = new RunFolder(folder.resolve("run"));
    AtomicInteger asked = new AtomicInteger();
    BooleanSupplier afterTwoSteps = () -> asked.incrementAndGet() == 3;
    assertTrue(
        Runs.start(config(augmentation), run, new Runs.Listener(), afterTwoSteps).interrupted());
    assertFalse(Runs.resume(run, null, new Runs.Listener(), () -> false).interrupted());
    Runs.assertSame(whole, run);

    RunFolder plain = new RunFolder(folder.resolve("plain"));
    Runs.start(config(), plain, new Runs.Listener(), () -> false);
    assertNotEquals(
        Files.readString(whole.lastState()),
        Files.readString(plain.lastState()),
        "the augmentation reaches the training samples");
  }

  @Test
  void theNetworkTakesTheFilteredSize() {
    try (RunContext context = RunContext.open(config(), Trust.SHIPPED);
        DatasetPair data = context.loadData(line -> {})) {
      assertEquals("2x2x17x17", context.inputShape().toString());
      assertEquals(data.train().shape(), context.inputShape());
    }
  }
}
