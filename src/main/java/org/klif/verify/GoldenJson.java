package org.klif.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * One JSON object of a golden-vector file; whatever is missing or of another kind is a {@link
 * MalformedCase} that names the key.
 *
 * @param node the object
 * @param path where it stands in the file: empty, or ending in a dot
 */
record GoldenJson(JsonNode node, String path) {

  boolean has(String key) {
    return node.has(key);
  }

  /** True when the key is there and null. */
  boolean isNull(String key) {
    return node.path(key).isNull();
  }

  GoldenJson object(String key) {
    JsonNode value = require(key);
    if (!value.isObject()) {
      throw wrong(key, "an object", value);
    }
    return new GoldenJson(value, path + key + ".");
  }

  List<GoldenJson> objects(String key) {
    JsonNode value = require(key);
    if (!value.isArray() || value.isEmpty()) {
      throw wrong(key, "a list of objects", value);
    }
    List<GoldenJson> list = new ArrayList<>();
    for (JsonNode one : value) {
      if (!one.isObject()) {
        throw wrong(key, "a list of objects", value);
      }
      list.add(new GoldenJson(one, "%s%s[%d].".formatted(path, key, list.size())));
    }
    return list;
  }

  String text(String key) {
    JsonNode value = require(key);
    if (!value.isTextual()) {
      throw wrong(key, "a text", value);
    }
    return value.textValue();
  }

  double number(String key) {
    JsonNode value = require(key);
    if (!value.isNumber()) {
      throw wrong(key, "a number", value);
    }
    return value.doubleValue();
  }

  double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = require(key);
    if (!value.isBoolean()) {
      throw wrong(key, "true or false", value);
    }
    return value.booleanValue();
  }

  int[] integers(String key) {
    JsonNode value = require(key);
    int[] list = new int[value.size()];
    Iterator<JsonNode> all = value.iterator();
    for (int i = 0; i < list.length; i++) {
      JsonNode one = all.next();
      if (!one.canConvertToInt() || !one.isIntegralNumber()) {
        throw wrong(key, "a list of whole numbers", value);
      }
      list[i] = one.intValue();
    }
    if (!value.isArray()) {
      throw wrong(key, "a list of whole numbers", value);
    }
    return list;
  }

  GoldenTensor tensor(String key) {
    JsonNode value = require(key);
    if (value.isNumber()) {
      return new GoldenTensor(new int[0], new double[] {value.doubleValue()});
    }
    if (!value.isObject()) {
      throw wrong(key, "a tensor {\"shape\", \"data\"}", value);
    }
    GoldenJson tensor = new GoldenJson(value, path + key + ".");
    int[] shape = tensor.integers("shape");
    long size = 1;
    for (int extent : shape) {
      if (extent < 1) {
        throw new MalformedCase("%s%s.shape has an axis of size %d".formatted(path, key, extent));
      }
      size = Math.multiplyExact(size, (long) extent);
    }
    JsonNode list = tensor.require("data");
    if (!list.isArray() || list.size() != size) {
      throw new MalformedCase(
          "%s%s.data has %d numbers, shape %s needs %d"
              .formatted(path, key, list.size(), Arrays.toString(shape), size));
    }
    double[] data = new double[list.size()];
    int i = 0;
    for (JsonNode one : list) {
      if (!one.isNumber()) {
        throw new MalformedCase("%s%s.data[%d] is not a number: %s".formatted(path, key, i, one));
      }
      data[i++] = one.doubleValue();
    }
    return new GoldenTensor(shape, data);
  }

  /** A list of tensors. */
  List<GoldenTensor> tensors(String key) {
    List<GoldenTensor> list = new ArrayList<>();
    List<GoldenJson> all = objects(key);
    for (int i = 0; i < all.size(); i++) {
      ObjectNode holder = JsonNodeFactory.instance.objectNode();
      list.add(new GoldenJson(holder.set(key + i, all.get(i).node()), path).tensor(key + i));
    }
    return list;
  }

  /** A tensor that must have this shape. */
  GoldenTensor tensor(String key, int... shape) {
    GoldenTensor tensor = tensor(key);
    if (!tensor.hasShape(shape)) {
      throw new MalformedCase(
          "%s%s has shape %s, expected %s"
              .formatted(path, key, Arrays.toString(tensor.shape()), Arrays.toString(shape)));
    }
    return tensor;
  }

  MalformedCase wrong(String key, String wanted, JsonNode found) {
    String text = found.toString();
    return new MalformedCase(
        "%s%s should be %s, not %s"
            .formatted(
                path, key, wanted, text.length() > 40 ? text.substring(0, 40) + "..." : text));
  }

  private JsonNode require(String key) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw new MalformedCase("there is no key %s%s".formatted(path, key));
    }
    return value;
  }
}
