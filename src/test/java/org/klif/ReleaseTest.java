package org.klif;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.klif.sweep.JavaLaunch;

/** What has to be the same in several files of a release. */
class ReleaseTest {
  private static String read(String file) throws IOException {
    return Files.readString(Path.of(file), UTF_8);
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return matcher.group(1);
  }

  @Test
  void theVersionIsTheSameEverywhere() throws IOException {
    String version = first("<version>([^<]*)</version>", read("pom.xml"));
    assertEquals(Version.NUMBER, version);
    assertEquals(version, first("<version>([^<]*)</version>", read("spark/pom.xml")));
    assertEquals(
        version,
        first(
            "<artifactId>klif-spark[^<]*</artifactId>\\s*<version>([^<]*)<",
            read("spark/home/pom.xml")));
    assertEquals(version, first("org\\.klif:klif:([^\"]*)\"", read("jbang-catalog.json")));
    assertEquals(version, first("<version>([^<]*)</version>", read("docs/JAVA.md")));
    assertEquals(version, first("release/klif-([0-9.]*)-linux", read("README.md")));
    assertTrue(read("CHANGELOG.md").contains("## [" + version + "] - 20"));
  }

  /** JBang asks for the optional libraries by name. */
  @Test
  void jbangHasTheLibrariesAndOptionsOfTheLauncher() throws IOException {
    JsonNode klif =
        JsonMapper.builder().build().readTree(read("jbang-catalog.json")).at("/aliases/klif");
    List<String> options = new ArrayList<>();
    klif.get("java-options").forEach(option -> options.add(option.asText()));
    assertEquals(JavaLaunch.programOptions(), options);
    String pom = read("pom.xml");
    assertTrue(klif.get("dependencies").size() > 4);
    for (JsonNode dependency : klif.get("dependencies")) {
      List<String> parts = Splitter.on(':').splitToList(dependency.asText());
      assertEquals(version(pom, parts.get(1)), parts.get(2), dependency.asText());
    }
  }

  @Test
  void sparkHasTheLibrariesOfKlif() throws IOException {
    String pom = read("pom.xml");
    String spark = read("spark/pom.xml");
    for (String library :
        List.of(
            "picocli",
            "progressbar",
            "jcuda",
            "jcublas",
            "jcudnn",
            "jcuda-natives",
            "jcublas-natives",
            "jcudnn-natives")) {
      assertEquals(version(pom, library), version(spark, library), library);
    }
  }

  private static String version(String pom, String artifact) {
    String version =
        first("<artifactId>" + artifact + "</artifactId>\\s*<version>([^<]*)</version>", pom);
    return version.startsWith("${")
        ? first("<" + version.substring(2, version.length() - 1) + ">([^<]*)<", pom)
        : version;
  }
}
