package org.klif.device.cuda;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.OptimizerStep;

/**
 * One update of all parameters on the GPU: three launches whatever the number of segments (squares
 * of the gradients, norm and decisions, update), none of which waits for the host.
 */
final class CudaOptimizerStep implements OptimizerStep {
  private static final int PIECE = 4096;
  private static final int THREADS = 256;
  private static final int PIECE_WORDS = 4;
  private static final int SEGMENT_WORDS = 6;
  private static final int NUMBERS = 5; // what the norm's kernel leaves for the update

  private final CudaDevice device;
  private final Spec spec;
  private final int pieces;
  private final BufferScope owned;
  private final CudaBuffer pieceTable;
  private final CudaBuffer segmentTable;
  private final CudaBuffer partials;
  private final CudaBuffer numbers;

  CudaOptimizerStep(CudaDevice device, Spec spec) {
    if (spec.segments().isEmpty()) {
      throw new KlifException("an optimizer needs at least one segment of parameters");
    }
    this.device = device;
    this.spec = spec;
    int[] table = pieceTable(spec.segments());
    this.pieces = table.length / PIECE_WORDS;
    int[] segments = segmentTable(spec.segments());
    this.owned = new BufferScope(device);
    try {
      this.pieceTable = owned.own(device.workspace(DType.INT32, table.length));
      this.pieceTable.upload(table);
      this.segmentTable = owned.own(device.workspace(DType.INT32, segments.length));
      this.segmentTable.upload(segments);
      this.partials = owned.own(device.workspace(DType.FLOAT32, 2L * pieces));
      this.numbers = owned.own(device.workspace(DType.FLOAT32, NUMBERS));
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** struct Piece of optimizer.cu: offset (64 bits), size, segment. */
  private static int[] pieceTable(List<Segment> segments) {
    long count = segments.stream().mapToLong(s -> (s.size() + PIECE - 1) / PIECE).sum();
    int[] table = new int[Math.toIntExact(PIECE_WORDS * count)];
    int at = 0;
    for (int number = 0; number < segments.size(); number++) {
      Segment segment = segments.get(number);
      for (long from = 0; from < segment.size(); from += PIECE) {
        long offset = segment.offset() + from;
        table[at++] = (int) offset;
        table[at++] = (int) (offset >>> Integer.SIZE);
        table[at++] = (int) Math.min(PIECE, segment.size() - from);
        table[at++] = number;
      }
    }
    return table;
  }

  /** struct Segment of optimizer.cu: rate factor (float64), decay, smallest magnitude, bounds. */
  private static int[] segmentTable(List<Segment> segments) {
    int[] table = new int[SEGMENT_WORDS * segments.size()];
    int at = 0;
    for (Segment segment : segments) {
      long factor = Double.doubleToRawLongBits(segment.rateFactor());
      table[at++] = (int) factor;
      table[at++] = (int) (factor >>> Integer.SIZE);
      table[at++] = Float.floatToRawIntBits((float) segment.weightDecay());
      table[at++] = Float.floatToRawIntBits((float) segment.smallestMagnitude());
      table[at++] = Float.floatToRawIntBits((float) segment.lower());
      table[at++] = Float.floatToRawIntBits((float) segment.upper());
    }
    return table;
  }

  @Override
  public void step(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      Buffer norm,
      @Nullable Buffer lossScale) {
    spec.check(parameters, gradients, first, second, schedule, norm, lossScale);
    KernelModule module = device.module("optimizer");
    module
        .kernel("optimizer_squares")
        .launch(
            Grid.of(pieces, THREADS),
            new KernelArguments().buffer(gradients).buffer(pieceTable).buffer(partials));
    module
        .kernel("optimizer_norm")
        .launch(
            Grid.of(1, THREADS),
            new KernelArguments()
                .buffer(partials)
                .i32(pieces)
                .buffer(schedule)
                .nullable(lossScale)
                .f64(spec.momentum())
                .f64(spec.beta2())
                .f64(spec.clipNorm())
                .f32(SMALLEST_SCALE)
                .f32(LARGEST_SCALE)
                .f32(STEPS_TO_GROW)
                .buffer(norm)
                .buffer(numbers));
    module
        .kernel("optimizer_update")
        .launch(
            Grid.of(pieces, THREADS),
            new KernelArguments()
                .buffer(parameters)
                .buffer(gradients)
                .buffer(first)
                .nullable(second)
                .buffer(pieceTable)
                .buffer(segmentTable)
                .buffer(schedule)
                .buffer(numbers)
                .i32(rule())
                .f32((float) spec.momentum())
                .f32((float) spec.beta2())
                .f32((float) spec.eps()));
  }

  /** enum Rule of optimizer.cu. */
  private int rule() {
    return switch (spec.rule()) {
      case SGD -> spec.nesterov() ? 3 : 0;
      case ADAM -> 1;
      case ADAMW -> 2;
    };
  }

  @Override
  public void close() {
    owned.close();
  }
}
