package org.klif.config;

import java.util.List;
import org.klif.UsageException;
import org.klif.io.Resource;

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
          "sew-small",
          "spikformer-small",
          "sequential-small",
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

  /** One for each data set that trains in minutes on two CPU cores. */
  public static final List<String> SMALL =
      List.of("digits", "mnist-small", "fashion-small", "cifar10-small", "nmnist-small");

  /** The settings of a preset; an unknown one is a {@link UsageException} with a suggestion. */
  static String yaml(String name) {
    if (!NAMES.contains(name)) {
      throw new UsageException(
          "unknown preset '%s'%s; known are %s"
              .formatted(name, Nearest.suggestion(name, NAMES), String.join(", ", NAMES)));
    }
    return Resource.text(Presets.class, "presets/" + name + ".yaml");
  }

  private Presets() {}
}
