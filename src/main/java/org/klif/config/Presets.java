package org.klif.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.klif.UsageException;

/** The configurations that have a name. */
public final class Presets {
  /** All names. */
  public static final List<String> NAMES =
      List.of(
          "digits",
          "mnist-small",
          "fashion-small",
          "cifar10-small",
          "nmnist-small",
          "mnist-fast",
          "fashion-mnist-fast",
          "cifar10-jpeg-fast",
          "mnist",
          "fashion-mnist",
          "cifar10",
          "cifar10-fast",
          "nmnist",
          "cifar10-dvs",
          "dvs128-gesture",
          "sequential-cifar10",
          "sequential-cifar100",
          "ms-resnet18",
          "ms-resnet18-cifar100",
          "sew-resnet18",
          "spikformer-4-384",
          "vggsnn",
          "vgg11",
          "shd");

  /** Those that train in minutes on two CPU cores. */
  public static final List<String> SMALL =
      List.of("digits", "mnist-small", "fashion-small", "cifar10-small", "nmnist-small");

  /** The settings of a preset; an unknown one is a {@link UsageException} with a suggestion. */
  static String yaml(String name) {
    if (!NAMES.contains(name)) {
      throw new UsageException(
          "unknown preset '%s'%s; known are %s"
              .formatted(name, Nearest.suggestion(name, NAMES), String.join(", ", NAMES)));
    }
    try (InputStream resource = Presets.class.getResourceAsStream("presets/" + name + ".yaml")) {
      if (resource == null) {
        throw new IllegalStateException("no resource for preset " + name);
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("reading a resource", e);
    }
  }

  private Presets() {}
}
