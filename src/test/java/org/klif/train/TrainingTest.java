package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.data.Catalogue;
import org.klif.data.CatalogueEntry;
import org.klif.data.DatasetPair;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunLog;

class TrainingTest {
  @TempDir Path folder;

  private KlifException failure(RunFolder run, String... settings) {
    return assertThrows(
        KlifException.class,
        () -> Runs.start(Runs.small(settings), run, new Runs.Listener(), () -> false));
  }

  @Test
  void infinityInTheLossNamesTheLayerWhereItAppeared() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    String message =
        failure(
                run,
                "network=fc40 fc10 li",
                "optimizer.learningRate=1e30",
                "optimizer.rule=sgd",
                "schedule=constant",
                "loss=mse")
            .getMessage();
    assertTrue(message.contains("epoch 1, step"), message);
    assertTrue(message.contains("first appeared in"), message);
    assertTrue(message.contains("the output of layer 1.fc"), message);
    assertEquals(1, message.lines().count(), message);
    assertTrue(Files.readString(folder.resolve("run/log.txt")).contains("stopped: " + message));
    assertTrue(Files.exists(run.last()), "the first checkpoint stays");
  }

  /** Spikes hide what is not a number from the loss, not from the gradients. */
  @Test
  void aGradientThatIsNotFiniteNamesTheParameterWhereItAppeared() {
    RunFolder run = new RunFolder(folder.resolve("run"));
    String message =
        failure(run, "network=fc40 sn fc10 sn", "optimizer.learningRate=1e38").getMessage();
    assertTrue(message.startsWith("the gradient is not finite at epoch 1, step"), message);
    assertTrue(message.contains("it first appeared in "), message);
    assertTrue(Files.exists(run.last()), "the first checkpoint stays");
  }

  /** Its batches cannot be loaded when its plans are made already. */
  @Test
  void anEvaluatorThatCannotBeMadeLeavesNothingOnTheDevice() {
    CatalogueEntry colours = Catalogue.load().entry("cifar10");
    try (RunContext context = RunContext.open(Runs.small(), Trust.SHIPPED);
        DatasetPair data = context.loadData(note -> {})) {
      // what the network itself keeps from the first plan on is made here
      new Evaluator(context.config(), context.entry(), context.network(), data.test()).close();
      int before = context.device().liveBuffers();
      assertThrows(
          IllegalArgumentException.class,
          () -> new Evaluator(context.config(), colours, context.network(), data.test()));
      assertEquals(before, context.device().liveBuffers());
    }
  }

  @Test
  void deadLayersAreNamed() {
    Runs.Listener listener = new Runs.Listener();
    RunConfig config =
        Runs.small("network=fc40 sn fc40 sn vote4", "neuron.threshold=1000", "batch=50");
    Runs.start(config, new RunFolder(folder.resolve("run")), listener, () -> false);
    String lines = String.join("\n", listener.lines);
    assertTrue(lines.contains("warning: no layer fires since step 1"), lines);
    assertTrue(lines.contains("a lower neuron.threshold than 1000.0"), lines);
  }

  @Test
  void everyNeuronTrainsAndHasItsColumns() throws IOException {
    for (String model : new String[] {"klif", "lif", "plif", "if"}) {
      RunFolder run = new RunFolder(folder.resolve(model));
      TrainResult result =
          Runs.start(
              Runs.small("neuron.model=" + model, "epochs=1"),
              run,
              new Runs.Listener(),
              () -> false);
      assertEquals(1, result.epochs());
      String header = Files.readString(run.metrics()).lines().findFirst().orElseThrow();
      assertEquals(model.equals("klif"), header.contains(",k.2." + model), header);
      assertEquals(model.equals("plif"), header.contains(",tau.2." + model), header);
      assertTrue(header.contains(",rate.2." + model), header);
    }
  }

  @Test
  void twoProcessesCannotTrainInOneFolder() {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(Runs.small(), run, new Runs.Listener(), () -> true);
    try (RunLog log = RunLog.open(run)) {
      log.write("still training");
      KlifException e =
          assertThrows(
              KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false));
      assertTrue(e.getMessage().startsWith("another process is training in"), e.getMessage());
    }
  }

  @Test
  void whatCannotBeginLeavesNothing() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("a/b/run"));
    String outputs = failure(run, "network=fc20 bn sn").getMessage();
    assertTrue(outputs.contains("20 outputs, but digits has 10 classes"), outputs);
    failure(run, "network=mp9 fc10 sn");
    failure(run, "device=cuda");
    failure(run, "data=mnist", "dataFolder=" + folder.resolve("nowhere"));
    assertFalse(Files.exists(folder.resolve("a")), "nothing was created");
    Files.writeString(folder.resolve("file"), "");
    RunFolder below = new RunFolder(folder.resolve("file/run"));
    String message = failure(below).getMessage();
    assertTrue(message.startsWith("Cannot create the run folder"), message);
    Files.createDirectories(run.path());
    Files.writeString(run.path().resolve("notes.txt"), "mine");
    assertTrue(failure(run).getMessage().contains("is not empty"));
    assertEquals("mine", Files.readString(run.path().resolve("notes.txt")));
  }
}
