package org.klif.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;

/**
 * A part of a YAML text that knows its place, so that an error can name the line. All YAML that
 * comes from outside is read here: configurations, sweeps, tables, what a neuron is expected to do.
 *
 * <p>It is the part of YAML that settings need: keys, lists and single values. Aliases and tags are
 * refused, so that no text is larger than it looks; so is a key that is there twice, dotted and
 * nested counting as the same.
 */
public sealed interface YamlNode {
  /** Bytes of the largest file that is read. */
  int LARGEST = WholeFile.LARGEST_TEXT;

  /** Characters of the longest line: the time of the YAML library grows with its square. */
  int LONGEST_LINE = 1 << 16;

  /** Groups and lists within one another. */
  int DEEPEST = 32;

  /** Where it is, as in sweep.yaml, line 3. */
  String place();

  /** The same without places: single values are texts, null where that is written. */
  JsonNode json();

  /** One value; its text is as written, for numbers too. */
  record Scalar(String place, String text) implements YamlNode {
    @Override
    public JsonNode json() {
      JsonNodeFactory nodes = JsonNodeFactory.instance;
      return text.equals("null") ? nodes.nullNode() : nodes.textNode(text);
    }
  }

  /** A list. */
  record Items(String place, List<YamlNode> items) implements YamlNode {
    public Items {
      items = List.copyOf(items);
    }

    @Override
    public JsonNode json() {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      items.forEach(item -> array.add(item.json()));
      return array;
    }
  }

  /**
   * Keys with their values, in order.
   *
   * @param places of the keys
   */
  record Fields(String place, Map<String, YamlNode> values, Map<String, String> places)
      implements YamlNode {
    @Override
    public JsonNode json() {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      values.forEach((key, value) -> object.set(key, value.json()));
      return object;
    }
  }

  /** What is wrong here. */
  default KlifException error(String message) {
    return new KlifException(place() + ": " + message);
  }

  /**
   * The text of a file.
   *
   * @throws KlifException when it cannot be read, is larger than any such file, or is no text
   */
  static String text(Path file) {
    return WholeFile.text(file, LARGEST);
  }

  /**
   * Reads a text that holds keys.
   *
   * @param file what messages call it
   * @throws KlifException naming the line that is malformed
   */
  static Fields read(String file, String yaml) {
    requireLines(file, yaml);
    try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
      Reading reading = new Reading(file, parser);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new KlifException(file + " holds no settings (lines of \"key: value\")");
      }
      Fields fields = reading.fields(0);
      requireOnce(fields, "", new HashMap<>());
      if (parser.nextToken() != null) {
        throw new KlifException(file + " holds more than one document");
      }
      return fields;
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      String message = e.getOriginalMessage().lines().findFirst().orElse("malformed");
      throw new KlifException(file + line + ": " + message, e);
    } catch (IOException e) {
      throw new IllegalStateException("reading from a string", e);
    }
  }

  private static void requireLines(String file, String yaml) {
    int number = 1;
    for (int begin = 0; begin <= yaml.length(); number++) {
      int end = yaml.indexOf('\n', begin);
      end = end < 0 ? yaml.length() : end;
      if (end - begin > LONGEST_LINE) {
        throw new KlifException(
            "%s, line %d: it has %d characters; a line has at most %d"
                .formatted(file, number, end - begin, LONGEST_LINE));
      }
      begin = end + 1;
    }
  }

  /** A key that is given nested and dotted would be whichever comes last. */
  private static void requireOnce(Fields fields, String prefix, Map<String, String> seen) {
    fields
        .values()
        .forEach(
            (name, value) -> {
              String key = prefix + name;
              if (value instanceof Fields group && !group.values().isEmpty()) {
                requireOnce(group, key + ".", seen);
                return;
              }
              String place = fields.places().get(name);
              String before = seen.put(key, place);
              if (before != null) {
                throw twice(key, place, before);
              }
              requireOnceInside(value);
            });
  }

  private static void requireOnceInside(YamlNode value) {
    if (value instanceof Items list) {
      for (YamlNode item : list.items()) {
        if (item instanceof Fields one) {
          requireOnce(one, "", new HashMap<>());
        } else {
          requireOnceInside(item);
        }
      }
    }
  }

  private static KlifException twice(String key, String place, String before) {
    return new KlifException("%s: %s is there twice, first in %s".formatted(place, key, before));
  }

  /**
   * A text that is being read.
   *
   * @param file what messages call it
   */
  record Reading(String file, YAMLParser parser) {
    private String place() {
      return file + ", line " + parser.currentTokenLocation().getLineNr();
    }

    private Fields fields(int depth) throws IOException {
      String place = place();
      requirePlain();
      Map<String, YamlNode> values = new LinkedHashMap<>();
      Map<String, String> places = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        String here = place();
        requirePlain();
        String before = places.put(key, here);
        if (before != null) {
          throw twice(key, here, before);
        }
        parser.nextToken();
        values.put(key, node(depth + 1));
      }
      return new Fields(place, values, places);
    }

    private YamlNode node(int depth) throws IOException {
      String place = place();
      requirePlain();
      if (depth > DEEPEST) {
        throw new KlifException("%s: groups nest more than %d deep".formatted(place, DEEPEST));
      }
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        return fields(depth);
      }
      if (parser.currentToken() == JsonToken.START_ARRAY) {
        List<YamlNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(node(depth + 1));
        }
        return new Items(place, items);
      }
      return new Scalar(
          place, parser.currentToken() == JsonToken.VALUE_NULL ? "null" : parser.getText());
    }

    private void requirePlain() throws IOException {
      if (parser.isCurrentAlias()) {
        throw new KlifException(
            "%s: *%s is an alias, which is not read; write the value (or quote a text with a *)"
                .formatted(place(), parser.getText()));
      }
      if (parser.getTypeId() != null) {
        throw new KlifException(
            "%s: !%s is a tag, which is not read; leave it out (or quote a text with a !)"
                .formatted(place(), parser.getTypeId()));
      }
    }
  }
}
