package org.klif.device.cuda;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import jcuda.Pointer;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.OutOfDeviceMemory;
import org.klif.device.Product;

/**
 * Chooses the algorithm of one pass, when it is planned. By default the first of cuDNN's heuristic
 * list that is deterministic, needs no more scratch memory than allowed, and that cuDNN stands by
 * when asked once more; with --fast the first of the measured list, of a run folder's file where it
 * is there. JCuda does not say which math type an entry of a list is for, so each algorithm is
 * asked for with every math type that the precision allows.
 */
final class AlgorithmSearch {
  private static final long MOST_WORKSPACE = 1L << 30;

  /** Scratch memory may take this part of the GPU's. */
  private static final int PART_OF_MEMORY = 8;

  private final CudaDevice device;
  private final Cudnn cudnn;
  private final LibraryPrecision precision;
  private final Convolution.Spec spec;
  private final ConvolutionPass pass;
  private final boolean channelsLast;
  private final ConvolutionDescriptors descriptors;
  private final String name;

  /**
   * For one pass in one layout.
   *
   * @param name the convolution's, for messages and the file
   */
  AlgorithmSearch(
      CudaDevice device,
      Convolution.Spec spec,
      ConvolutionPass pass,
      boolean channelsLast,
      ConvolutionDescriptors descriptors,
      String name) {
    this.device = device;
    this.cudnn = device.cudnn();
    this.precision = LibraryPrecision.of(device.precision());
    this.spec = spec;
    this.pass = pass;
    this.channelsLast = channelsLast;
    this.descriptors = descriptors;
    this.name = name;
  }

  /**
   * The choice, and after it what may take its place should it fail when it runs first: never with
   * more scratch memory. Empty when there is none in this layout.
   */
  List<AlgorithmChoice> choices() {
    if (!device.options().fast()) {
      return usable(heuristic());
    }
    String key = pass.title() + " of " + name;
    Optional<AlgorithmChoice> kept = cudnn.algorithms().find(key);
    if (kept.isPresent() && kept.get().channelsLast() == channelsLast) {
      OptionalLong bytes = workspace(kept.get().algorithm(), kept.get().math());
      if (bytes.isPresent() && bytes.getAsLong() <= kept.get().workspace()) {
        return List.of(kept.get());
      }
    }
    List<ConvolutionPass.Entry> entries = heuristic();
    List<AlgorithmChoice> listed = usable(entries);
    if (listed.isEmpty()) {
      return listed;
    }
    List<AlgorithmChoice> fastest;
    try {
      fastest = usable(measured(entries));
    } catch (OutOfDeviceMemory e) {
      return listed; // no room to try: as the heuristic has it, and not worth keeping
    }
    if (fastest.isEmpty()) {
      return listed;
    }
    cudnn.algorithms().put(key, fastest.get(0));
    return fastest;
  }

  private List<ConvolutionPass.Entry> heuristic() {
    descriptors.math(precision.convolutionMath().get(0));
    return entries(() -> pass.heuristic(cudnn.handle(), descriptors), channelsLast);
  }

  /** Runs all algorithms on zeros, in memory of their own. */
  private List<ConvolutionPass.Entry> measured(List<ConvolutionPass.Entry> listed) {
    descriptors.math(precision.convolutionMath().get(0));
    long allowed = mostWorkspace();
    long most =
        listed.stream()
            .filter(e -> e.status() == 0)
            .mapToLong(ConvolutionPass.Entry::memory)
            .filter(bytes -> bytes >= 0 && bytes <= allowed)
            .max()
            .orElse(0);
    DType type = precision.activations();
    Product.Sizes sizes = spec.sizes();
    try (CudaBuffer input = device.workspace(type, sizes.input());
        CudaBuffer filter = device.workspace(type, sizes.weight());
        CudaBuffer output = device.workspace(type, sizes.output());
        CudaBuffer work = device.workspace(DType.INT32, most / Integer.BYTES + 1)) {
      Pointer scratch = work.pointer();
      ConvolutionPass.Operands operands =
          new ConvolutionPass.Operands(input.pointer(), filter.pointer(), output.pointer());
      List<ConvolutionPass.Entry> list =
          entries(() -> pass.measured(cudnn.handle(), descriptors, operands, scratch, most), true);
      device.synchronize();
      return list;
    }
  }

  /**
   * The answer, empty where cuDNN has nothing for these arguments. JCuda reads as many entries as
   * the count says even after a failure, when it may be any number: then the status is lost, and
   * this counts as nothing to choose from.
   *
   * @param otherwise whether there is another way, so that a call that fails is an empty answer
   */
  private List<ConvolutionPass.Entry> entries(
      Supplier<ConvolutionPass.Listed> call, boolean otherwise) {
    ConvolutionPass.Listed list;
    try {
      list = call.get();
    } catch (ArrayIndexOutOfBoundsException e) {
      return List.of();
    }
    if (Cudnn.isNotSupported(list.status()) || (otherwise && Cudnn.mayDoOtherwise(list.status()))) {
      return List.of();
    }
    Cudnn.check(list.status(), list.call(), name);
    return list.entries();
  }

  private List<AlgorithmChoice> usable(List<ConvolutionPass.Entry> entries) {
    List<AlgorithmChoice> all = new ArrayList<>();
    long most = mostWorkspace();
    for (int math : precision.convolutionMath()) {
      for (int algorithm : algorithms(entries)) {
        OptionalLong bytes = workspace(algorithm, math);
        if (bytes.isPresent()
            && bytes.getAsLong() <= (all.isEmpty() ? most : all.get(0).workspace())) {
          all.add(new AlgorithmChoice(channelsLast, algorithm, math, bytes.getAsLong()));
        }
      }
    }
    return all;
  }

  /**
   * The algorithms that may be taken, in the list's order. One that is listed twice, with tensor
   * cores and without, is deterministic only where both are.
   */
  private Set<Integer> algorithms(List<ConvolutionPass.Entry> entries) {
    List<ConvolutionPass.Entry> able = entries.stream().filter(e -> e.status() == 0).toList();
    Set<Integer> algorithms = new LinkedHashSet<>();
    able.forEach(e -> algorithms.add(e.algorithm()));
    if (!device.options().fast()) {
      able.stream().filter(e -> !e.deterministic()).forEach(e -> algorithms.remove(e.algorithm()));
    }
    return algorithms;
  }

  /**
   * Scratch memory of an algorithm; empty where cuDNN does not stand by its list. It has been seen
   * to ask for more than 2^63 bytes, which is a negative number here.
   */
  private OptionalLong workspace(int algorithm, int math) {
    long[] bytes = new long[1];
    descriptors.math(math);
    int status = pass.workspace(cudnn.handle(), descriptors, algorithm, bytes);
    if (Cudnn.mayDoOtherwise(status)) {
      return OptionalLong.empty();
    }
    Cudnn.check(status, pass.workspaceCall(), pass.title() + " of " + name);
    return bytes[0] < 0 ? OptionalLong.empty() : OptionalLong.of(bytes[0]);
  }

  /** Not of the memory that is free now: another program must not change the choice. */
  private long mostWorkspace() {
    return Math.min(MOST_WORKSPACE, device.memory().most() / PART_OF_MEMORY);
  }
}
