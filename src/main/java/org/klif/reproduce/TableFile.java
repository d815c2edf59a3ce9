package org.klif.reproduce;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.file.AtomicFile;
import org.klif.train.Nearest;

/**
 * The table file: all rows that can be run, and published figures to set beside them.
 *
 * @param rows in the order of the table
 * @param published figures by data set, neuron, T and protocol
 */
public record TableFile(List<TableRow> rows, List<PublishedFigure> published) {
  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();

  /** Copies the lists, and checks that a name is there once in its scale. */
  public TableFile {
    rows = rows == null ? List.of() : List.copyOf(rows);
    published = published == null ? List.of() : List.copyOf(published);
    Set<String> seen = new HashSet<>();
    for (TableRow row : rows) {
      for (int steps : row.steps()) {
        // a run folder has the row's name and T in its own name, not the scale
        if (!seen.add(row.name() + " T" + steps)) {
          throw new IllegalArgumentException(
              "row %s with T %d is there twice".formatted(row.name(), steps));
        }
      }
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("rows must be a list with at least one row");
    }
  }

  /** The committed table. */
  public static TableFile standard() {
    try (InputStream in = TableFile.class.getResourceAsStream("table.yaml")) {
      if (in == null) {
        throw new IllegalStateException("table.yaml is not in the program's jar");
      }
      return parse("table.yaml", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("table.yaml in the program's jar cannot be read", e);
    }
  }

  /**
   * Reads another table.
   *
   * @throws KlifException naming the line that is malformed
   */
  public static TableFile read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  static TableFile parse(String place, String text) {
    try {
      TableFile file = YAML.readValue(text, TableFile.class);
      if (file == null) {
        throw new KlifException(place + " is empty");
      }
      return file;
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      Throwable cause = e.getCause() instanceof IllegalArgumentException ? e.getCause() : e;
      String message =
          cause instanceof JsonProcessingException known
              ? known.getOriginalMessage()
              : cause.getMessage();
      throw new KlifException(
          place
              + line
              + ": "
              + Optional.ofNullable(message).orElse("malformed").lines().findFirst().orElse(""),
          e);
    }
  }

  /**
   * The rows of a scale, all or those named, in the order of the table.
   *
   * @param names empty for all
   */
  List<TableRow> select(String scale, List<String> names) {
    if (!TableRow.SCALES.contains(scale)) {
      throw new UsageException(
          "--scale '%s' is unknown%s; there are %s"
              .formatted(
                  scale,
                  Nearest.suggestion(scale, TableRow.SCALES),
                  String.join(" and ", TableRow.SCALES)));
    }
    List<TableRow> ofScale = rows.stream().filter(row -> row.scale().equals(scale)).toList();
    Set<String> known = ofScale.stream().map(TableRow::name).collect(Collectors.toSet());
    for (String name : names) {
      if (!known.contains(name)) {
        throw new UsageException(
            "there is no row '%s' of scale %s%s; its rows are %s"
                .formatted(
                    name,
                    scale,
                    Nearest.suggestion(name, known),
                    ofScale.stream().map(TableRow::name).collect(Collectors.joining(", "))));
      }
    }
    return ofScale.stream().filter(row -> names.isEmpty() || names.contains(row.name())).toList();
  }

  /** The figures to set beside a line of the table. */
  List<PublishedFigure> published(
      TableRow row, String neuron, int steps, @Nullable Protocol protocol) {
    return published.stream()
        .filter(
            figure ->
                row.comparable()
                    && figure.data().equals(row.data())
                    && figure.neuron().equals(neuron)
                    && figure.steps() == steps
                    && figure.protocol() == protocol)
        .toList();
  }
}
