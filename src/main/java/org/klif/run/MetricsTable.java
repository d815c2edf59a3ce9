package org.klif.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.Csv;
import org.klif.io.NoLinks;

/**
 * Writes {@code metrics.csv} one line at a time. After {@link #append} returns, the line is in the
 * file; when it throws, the file is as it was before. Used by one thread.
 */
public final class MetricsTable {
  private final Path file;
  private final List<String> columns;
  private int lastEpoch;

  private MetricsTable(Path file, List<String> columns, int lastEpoch) {
    this.file = file;
    this.columns = columns;
    this.lastEpoch = lastEpoch;
  }

  /**
   * Opens the file, or plans a new one: the header is written with the first line. A last line
   * without its line end, which a killed run leaves, is removed.
   *
   * @param columns the first is {@code epoch}; see {@link RunMetrics#BASE_COLUMNS}
   * @throws KlifException when the file is malformed or has other columns
   */
  public static MetricsTable open(Path file, List<String> columns) {
    List<String> names = new RunMetrics(columns, List.of()).columns();
    for (String name : names) {
      if (name.isEmpty() || name.chars().anyMatch(c -> c == ',' || c == '"' || c < ' ')) {
        throw new IllegalArgumentException("not a column name: \"" + name + "\"");
      }
    }
    if (Files.notExists(file)) {
      return new MetricsTable(file, names, 0);
    }
    List<String> lines = RunMetrics.completeLines(file);
    if (lines.isEmpty()) {
      rewrite(file, lines);
      return new MetricsTable(file, names, 0);
    }
    RunMetrics old = RunMetrics.parse(file, lines);
    if (!old.columns().equals(names)) {
      throw new KlifException(
          file
              + " has other columns than this run writes: it belongs to another network; choose"
              + " another folder");
    }
    rewrite(file, lines);
    return new MetricsTable(file, names, lastEpoch(old));
  }

  /**
   * Adds one line and flushes it to the disk.
   *
   * @param line value by column; a column without a value stays empty; {@code epoch} is required
   *     and rises
   * @throws KlifException when the line cannot be written
   */
  public void append(Map<String, Double> line) {
    for (String name : line.keySet()) {
      if (!columns.contains(name)) {
        throw new IllegalArgumentException("no column " + name + " in " + columns);
      }
    }
    double epoch = line.getOrDefault("epoch", Double.NaN);
    if (epoch != (int) epoch || epoch <= lastEpoch) {
      throw new IllegalArgumentException("epoch " + epoch + " after epoch " + lastEpoch);
    }
    String text = Csv.line(columns.stream().map(name -> cell(line.get(name))).toList());
    appendText(text);
    lastEpoch = (int) epoch;
  }

  /**
   * Keeps the lines of epochs 1 to {@code epoch} and drops the others, atomically. Resuming from
   * the checkpoint of an epoch calls this so that no epoch is there twice.
   */
  public void truncateAfter(int epoch) {
    if (lastEpoch <= epoch) {
      return;
    }
    List<String> lines = RunMetrics.completeLines(file);
    RunMetrics old = RunMetrics.parse(file, lines);
    int kept = (int) old.rows().stream().filter(row -> row.get(0) <= epoch).count();
    List<String> keep = lines.subList(0, kept + 1);
    rewrite(file, keep);
    lastEpoch = lastEpoch(RunMetrics.parse(file, keep));
  }

  private void appendText(String text) {
    try (FileChannel channel = NoLinks.open(file)) {
      long before = channel.size();
      String all = before == 0 ? Csv.line(columns) + text : text;
      ByteBuffer rest = ByteBuffer.wrap(all.getBytes(StandardCharsets.UTF_8));
      channel.position(before);
      try {
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
        channel.force(true);
      } catch (IOException e) {
        channel.truncate(before);
        throw e;
      }
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static void rewrite(Path file, List<String> lines) {
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    AtomicFile.write(file, text);
  }

  private static int lastEpoch(RunMetrics metrics) {
    return metrics.rows().stream().mapToInt(row -> row.get(0).intValue()).max().orElse(0);
  }

  /** Whole numbers without a fraction, others so that reading gives the same double back. */
  private static String cell(Double value) {
    if (value == null || value.isNaN()) {
      return "";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString(value.longValue())
        : value.toString();
  }
}
