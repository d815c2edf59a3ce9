package org.klif.interchange;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.Hdf5;

/**
 * NIR graphs in HDF5 files, laid out as the reference implementation has it: {@code /version}, and
 * {@code /node} with {@code type}, {@code edges} (pairs of names), {@code metadata} and {@code
 * nodes/NAME/type} with one data set for each parameter of a node.
 *
 * <p>Layout: https://github.com/neuromorphs/NIR, nir/serialization.py, version 1.0.
 */
final class NirFile {
  /** The version of the nir library whose layout is written. */
  static final String VERSION = "1.0.7";

  private static final String GRAPH = "NIRGraph";

  /** Arrays of at least so many values are compressed; those of neurons repeat one number. */
  private static final int COMPRESSED = 1024;

  /** More values than any network has; keeps a file from asking for all memory. */
  private static final long LARGEST = 1L << 28;

  private static final String DAMAGE =
      "it is cut short, damaged, or something else; export it anew";

  private final Path file;
  private final long largest;
  private long counted;

  private NirFile(Path file, long largest) {
    this.file = file;
    this.largest = largest;
  }

  /**
   * Reads a graph; nodes are not looked into.
   *
   * @throws KlifException when it is not an HDF5 file, not a NIR graph, or damaged
   */
  static NirGraph read(Path file) {
    return read(file, LARGEST);
  }

  /** The same with another limit on the values of all data sets together. */
  static NirGraph read(Path file, long largest) {
    NirFile reader = new NirFile(file, largest);
    try (HdfFile hdf = Hdf5.open(file, DAMAGE)) {
      return Hdf5.sound(file, DAMAGE, () -> reader.graph(hdf));
    }
  }

  private NirGraph graph(HdfFile hdf) {
    Group root = group(hdf, "node", "it has no group 'node'");
    String type = text(root, "type", "");
    if (!type.isEmpty() && !type.equals(GRAPH)) {
      throw wrong("its root is a %s, not a graph".formatted(type));
    }
    Map<String, NirNode> nodes = new LinkedHashMap<>();
    for (Node child : group(root, "nodes", "its graph has no nodes").getChildren().values()) {
      if (!(child instanceof Group node)) {
        throw wrong("node '%s' is not a group".formatted(child.getName()));
      }
      nodes.put(node.getName(), node(node));
    }
    Map<String, String> texts = new LinkedHashMap<>();
    Map<String, NirTensor> numbers = new LinkedHashMap<>();
    if (child(root, "metadata") instanceof Group metadata) {
      values(metadata, numbers, texts);
    }
    Map<String, Double> single = new LinkedHashMap<>();
    numbers.forEach(
        (name, tensor) -> {
          if (tensor.data().length == 1) {
            single.put(name, tensor.data()[0]);
          }
        });
    return new NirGraph(text(hdf, "version", ""), nodes, edges(root), texts, single);
  }

  private NirNode node(Group group) {
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    Map<String, String> texts = new LinkedHashMap<>();
    values(group, tensors, texts);
    String type = texts.remove("type");
    if (type == null) {
      throw wrong("node '%s' has no type".formatted(group.getName()));
    }
    return new NirNode(group.getName(), type, tensors, texts);
  }

  /** All numbers and single texts of a group; what is neither is left out. */
  private void values(Group group, Map<String, NirTensor> numbers, Map<String, String> texts) {
    for (Node child : group.getChildren().values()) {
      if (child instanceof Dataset data) {
        if (data.getJavaType() == String.class) {
          if (data.getSize() == 1) {
            texts.put(data.getName(), strings(data)[0]);
          }
        } else {
          NirTensor tensor = tensor(data);
          if (tensor != null) {
            numbers.put(data.getName(), tensor);
          }
        }
      }
    }
  }

  private List<NirGraph.Edge> edges(Group root) {
    if (!(child(root, "edges") instanceof Dataset data)) {
      throw wrong("its graph has no edges");
    }
    int[] shape = data.getDimensions();
    if (data.getJavaType() != String.class || shape.length != 2 || shape[1] != 2) {
      throw wrong("its edges are not pairs of names");
    }
    String[] names = strings(data);
    List<NirGraph.Edge> edges = new ArrayList<>();
    for (int i = 0; i < names.length; i += 2) {
      edges.add(new NirGraph.Edge(names[i], names[i + 1]));
    }
    return edges;
  }

  private Group group(Group parent, String name, String otherwise) {
    if (child(parent, name) instanceof Group group) {
      return group;
    }
    throw wrong(otherwise);
  }

  private static @Nullable Node child(Group group, String name) {
    return group.getChildren().get(name);
  }

  private String text(Group group, String name, String otherwise) {
    return child(group, name) instanceof Dataset data && data.getJavaType() == String.class
        ? strings(data)[0]
        : otherwise;
  }

  private String[] strings(Dataset data) {
    requireSize(data);
    return data.getDataFlat() instanceof String[] many
        ? many
        : new String[] {String.valueOf(data.getData())};
  }

  /** Null where the type is none of numbers. */
  private @Nullable NirTensor tensor(Dataset data) {
    requireSize(data);
    Object flat = data.getDataFlat();
    List<Integer> shape = Shapes.list(data.getDimensions());
    if (flat instanceof Number number) {
      return new NirTensor(type(number.getClass()), shape, new double[] {number.doubleValue()});
    }
    if (flat == null || !flat.getClass().isArray()) {
      return null;
    }
    int size = Array.getLength(flat);
    double[] values = new double[size];
    if (flat instanceof float[] floats) {
      Arrays.setAll(values, i -> floats[i]);
    } else if (flat instanceof double[] doubles) {
      values = doubles;
    } else if (size > 0 && Array.get(flat, 0) instanceof Number) {
      Arrays.setAll(values, i -> ((Number) Array.get(flat, i)).doubleValue());
    } else if (size > 0) {
      return null;
    }
    return new NirTensor(type(flat.getClass().getComponentType()), shape, values);
  }

  private static NirTensor.Type type(Class<?> java) {
    if (java == float.class || java == Float.class) {
      return NirTensor.Type.FLOAT32;
    }
    return java == double.class || java == Double.class
        ? NirTensor.Type.FLOAT64
        : NirTensor.Type.INT64;
  }

  /** Counts the values ahead of reading them. */
  private void requireSize(Dataset data) {
    long size = data.getSize();
    if (size < 0 || size > largest - counted) {
      throw wrong(
          "'%s' claims to have %d values, and all data sets together may have %d"
              .formatted(data.getPath(), size, largest));
    }
    counted += size;
  }

  private KlifException wrong(String what) {
    return new KlifException("%s is not a NIR graph: %s".formatted(file, what));
  }

  /**
   * Writes a graph, whole or not at all.
   *
   * @throws KlifException when it cannot be written; an older file is then untouched
   */
  static void write(Path file, NirGraph graph) {
    try {
      AtomicFile.make(
          file,
          temporary -> {
            try (WritableHdfFile hdf = HdfFile.write(temporary)) {
              hdf.putDataset("version", graph.version());
              put(hdf.putGroup("node"), graph);
            }
          });
    } catch (RuntimeException e) {
      throw new KlifException("Cannot write %s: %s".formatted(file, reason(e)), e);
    }
  }

  private static String reason(Exception e) {
    Throwable cause = e;
    while (!(cause instanceof IOException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof IOException io ? AtomicFile.reason(io) : String.valueOf(e.getMessage());
  }

  private static void put(WritableGroup root, NirGraph graph) {
    root.putDataset("type", GRAPH);
    String[][] edges = new String[graph.edges().size()][];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = new String[] {graph.edges().get(i).from(), graph.edges().get(i).to()};
    }
    root.putDataset("edges", edges);
    WritableGroup nodes = root.putGroup("nodes");
    for (NirNode node : graph.nodes().values()) {
      WritableGroup group = nodes.putGroup(node.name());
      group.putDataset("type", node.type());
      node.texts().forEach(group::putDataset);
      node.tensors().forEach((name, tensor) -> put(group, name, tensor));
    }
    WritableGroup metadata = root.putGroup("metadata");
    graph.texts().forEach(metadata::putDataset);
    graph.numbers().forEach(metadata::putDataset);
  }

  private static void put(WritableGroup group, String name, NirTensor tensor) {
    Object array = nested(tensor, 0, new int[] {0});
    if (tensor.data().length < COMPRESSED) {
      group.putDataset(name, array);
    } else {
      group.putDataset(name, array, DatasetCreationOptions.builder().shuffle().deflate().build());
    }
  }

  /** Java's arrays of arrays, as jHDF takes them; a boxed number for no axis. */
  private static Object nested(NirTensor tensor, int axis, int[] next) {
    List<Integer> shape = tensor.shape();
    if (axis < shape.size() - 1) {
      Object[] rows = new Object[shape.get(axis)];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = nested(tensor, axis + 1, next);
      }
      Object typed = Array.newInstance(rows[0].getClass(), rows.length);
      for (int i = 0; i < rows.length; i++) {
        Array.set(typed, i, rows[i]);
      }
      return typed;
    }
    int from = next[0];
    int size = shape.isEmpty() ? 1 : shape.get(axis);
    next[0] += size;
    double[] row = Arrays.copyOfRange(tensor.data(), from, from + size);
    return switch (tensor.type()) {
      case FLOAT64 -> shape.isEmpty() ? (Object) row[0] : row;
      case INT64 -> {
        long[] whole = Arrays.stream(row).mapToLong(v -> (long) v).toArray();
        yield shape.isEmpty() ? (Object) whole[0] : whole;
      }
      case FLOAT32 -> {
        float[] floats = Affine.floats(row);
        yield shape.isEmpty() ? (Object) floats[0] : floats;
      }
    };
  }
}
