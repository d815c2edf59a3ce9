package org.klif.reproduce;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.Nearest;
import org.klif.io.Resource;
import org.klif.io.YamlNode;

/**
 * The table file: all rows that can be run, and published figures to set beside them.
 *
 * @param rows in the order of the table
 * @param published figures by data set, neuron, T and protocol
 */
public record TableFile(List<TableRow> rows, List<PublishedFigure> published) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();

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
    String name = "table.yaml";
    return parse(name, Resource.text(TableFile.class, name));
  }

  /**
   * Reads another table.
   *
   * @throws KlifException naming the line that is malformed
   */
  public static TableFile read(Path file) {
    return parse(file.toString(), YamlNode.text(file));
  }

  static TableFile parse(String place, String text) {
    YamlNode.Fields root = YamlNode.read(place, text);
    try {
      return MAPPER.treeToValue(root.json(), TableFile.class);
    } catch (JsonMappingException e) {
      Throwable cause = e.getCause() instanceof IllegalArgumentException ? e.getCause() : e;
      String message =
          cause instanceof JsonProcessingException known
              ? known.getOriginalMessage()
              : cause.getMessage();
      String first =
          Optional.ofNullable(message).orElse("malformed").lines().findFirst().orElse("");
      throw new KlifException(place(root, e.getPath()) + ": " + first, e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that cannot be read", e);
    }
  }

  /** The line of what a path leads to, or of the innermost part around it. */
  private static String place(YamlNode.Fields root, List<JsonMappingException.Reference> path) {
    YamlNode node = root;
    String place = root.place();
    for (JsonMappingException.Reference step : path) {
      if (node instanceof YamlNode.Fields fields
          && fields.values().containsKey(step.getFieldName())) {
        place = fields.places().get(step.getFieldName());
        node = fields.values().get(step.getFieldName());
      } else if (node instanceof YamlNode.Items list
          && step.getIndex() < list.items().size()
          && step.getIndex() >= 0) {
        node = list.items().get(step.getIndex());
        place = node.place();
      }
    }
    return place;
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
                  String.join(", ", TableRow.SCALES)));
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
  List<PublishedFigure> published(LineKey key) {
    return key.row().comparable()
        ? published.stream().filter(figure -> figure.standsBeside(key)).toList()
        : List.of();
  }

  /** Figures that stand beside no row: other networks, and other numbers of epochs. */
  List<PublishedFigure> elsewhere() {
    return published.stream()
        .filter(figure -> rows.stream().noneMatch(row -> row.comparable() && figure.fits(row)))
        .toList();
  }
}
