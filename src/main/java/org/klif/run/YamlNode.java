package org.klif.run;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;

/** A part of a YAML text that knows its place, so that an error can name the line. */
public sealed interface YamlNode {
  /** Where it is, as in sweep.yaml, line 3. */
  String place();

  /** One value; its text is as written, for numbers too. */
  record Scalar(String place, String text) implements YamlNode {}

  /** A list. */
  record Items(String place, List<YamlNode> items) implements YamlNode {
    public Items {
      items = List.copyOf(items);
    }
  }

  /**
   * Keys with their values, in order.
   *
   * @param places of the keys
   */
  record Fields(String place, Map<String, YamlNode> values, Map<String, String> places)
      implements YamlNode {}

  /** What is wrong here. */
  default KlifException error(String message) {
    return new KlifException(place() + ": " + message);
  }

  /**
   * Reads a text that holds keys.
   *
   * @param file what messages call it
   * @throws KlifException naming the line that is malformed
   */
  static Fields read(String file, String yaml) {
    YAMLFactory factory =
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    try (JsonParser parser = factory.createParser(yaml)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new KlifException(file + " holds no settings (lines of \"key: value\")");
      }
      Fields fields = fields(parser, file);
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

  private static String place(JsonParser parser, String file) {
    return file + ", line " + parser.currentTokenLocation().getLineNr();
  }

  private static Fields fields(JsonParser parser, String file) throws IOException {
    String place = place(parser, file);
    Map<String, YamlNode> values = new LinkedHashMap<>();
    Map<String, String> places = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      places.put(key, place(parser, file));
      parser.nextToken();
      values.put(key, node(parser, file));
    }
    return new Fields(place, values, places);
  }

  private static YamlNode node(JsonParser parser, String file) throws IOException {
    String place = place(parser, file);
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      return fields(parser, file);
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      List<YamlNode> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(node(parser, file));
      }
      return new Items(place, items);
    }
    return new Scalar(
        place, parser.currentToken() == JsonToken.VALUE_NULL ? "null" : parser.getText());
  }
}
