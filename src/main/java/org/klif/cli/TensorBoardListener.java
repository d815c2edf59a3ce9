package org.klif.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.data.cache.CacheProgress;
import org.klif.io.AtomicFile;
import org.klif.io.TensorBoardEvents;
import org.klif.run.RunFolder;
import org.klif.train.EpochResult;
import org.klif.train.TrainListener;

/**
 * Writes each complete epoch for TensorBoard, where that is asked for, and passes everything on.
 * The file is made with the first epoch: before it, the run's folder may yet be taken away.
 */
final class TensorBoardListener implements TrainListener, AutoCloseable {
  private final TrainListener inner;
  private final RunFolder folder;
  private final boolean enabled;
  private final boolean resumed;
  private @Nullable TensorBoardEvents events;

  TensorBoardListener(TrainListener inner, RunFolder folder, boolean enabled, boolean resumed) {
    this.inner = inner;
    this.folder = folder;
    this.enabled = enabled;
    this.resumed = resumed;
  }

  @Override
  public void note(String line) {
    inner.note(line);
  }

  @Override
  public void warn(String line) {
    inner.warn(line);
  }

  @Override
  public CacheProgress frames() {
    return inner.frames();
  }

  @Override
  public void step(Progress progress) {
    inner.step(progress);
  }

  @Override
  public void epoch(Progress progress, EpochResult result, boolean best) {
    if (enabled) {
      if (events == null) {
        events = open(result.epoch());
      }
      events.write(result.epoch(), scalars(result));
    }
    inner.epoch(progress, result, best);
  }

  private TensorBoardEvents open(int epoch) {
    String config;
    try {
      config = Files.readString(folder.config());
    } catch (IOException e) {
      throw new KlifException("Cannot read " + folder.config() + ": " + AtomicFile.reason(e), e);
    }
    return TensorBoardEvents.open(
        folder.path().resolve("tensorboard"), config, resumed ? epoch : 0);
  }

  private static Map<String, Double> scalars(EpochResult result) {
    Map<String, Double> scalars = new TreeMap<>();
    scalars.put("loss/train", result.trainLoss());
    scalars.put("loss/test", result.testLoss());
    scalars.put("accuracy/train", result.trainAccuracy());
    scalars.put("accuracy/test", result.testAccuracy());
    scalars.put("learningRate", result.learningRate());
    scalars.put("gradientNorm", result.gradientNorm());
    // k.LAYER becomes k/LAYER: TensorBoard puts tags with the same start into one section
    result.layers().forEach((column, value) -> scalars.put(column.replaceFirst("\\.", "/"), value));
    return scalars;
  }

  @Override
  public void close() {
    if (events != null) {
      events.close();
    }
  }
}
