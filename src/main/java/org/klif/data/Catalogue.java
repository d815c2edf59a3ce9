package org.klif.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.YamlNode;

/** The data sets that Klif knows, read from {@code datasets/*.yaml} in the program. Immutable. */
public final class Catalogue {
  private static final List<String> NAMES =
      List.of(
          "digits",
          "mnist",
          "fashion-mnist",
          "cifar10",
          "cifar10-jpeg",
          "cifar100",
          "nmnist",
          "ncaltech101",
          "cifar10-dvs",
          "dvs128-gesture",
          "shd",
          "ssc");

  private static final Supplier<Catalogue> OWN =
      Suppliers.memoize(
          () ->
              new Catalogue(
                  NAMES.stream()
                      .map(name -> parse(name + ".yaml", CatalogueEntry.class))
                      .toList()));

  private final Map<String, CatalogueEntry> entries;

  /** A catalogue of these sets, in this order. */
  Catalogue(List<CatalogueEntry> entries) {
    Map<String, CatalogueEntry> byName = new LinkedHashMap<>();
    for (CatalogueEntry entry : entries) {
      byName.put(entry.name(), entry);
    }
    this.entries = byName;
  }

  /** The program's own catalogue, read once: every configuration looks into it. */
  public static Catalogue load() {
    return OWN.get();
  }

  /** All sets. */
  public List<CatalogueEntry> entries() {
    return List.copyOf(entries.values());
  }

  /**
   * The set of that name.
   *
   * @throws UsageException when there is none
   */
  public CatalogueEntry entry(String name) {
    CatalogueEntry entry = entries.get(name);
    if (entry == null) {
      throw new UsageException(
          "unknown data set \"%s\"; known: %s"
              .formatted(name, String.join(", ", entries.keySet())));
    }
    return entry;
  }

  /** What {@code datasets/file} in the program says. */
  static <T> T parse(String file, Class<T> type) {
    try {
      String yaml = new String(resource(file), StandardCharsets.UTF_8);
      return JsonMapper.builder()
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build()
          .treeToValue(YamlNode.read(file, yaml).json(), type);
    } catch (JsonProcessingException e) {
      throw new KlifException("datasets/" + file + " is malformed: " + e.getMessage(), e);
    }
  }

  /** The bytes of {@code datasets/path} in the program. */
  static byte[] resource(String path) {
    try (InputStream in = Catalogue.class.getResourceAsStream("/datasets/" + path)) {
      if (in == null) {
        throw new KlifException(
            "datasets/" + path + " is missing from the program: build it again");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new KlifException("cannot read datasets/" + path + " from the program", e);
    }
  }
}
