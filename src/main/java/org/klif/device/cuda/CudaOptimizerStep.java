package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;

/**
 * One update of all parameters on the GPU: three launches whatever the number of segments, none of
 * which waits for the host. Where the update depends on the gradients' norm they are squares, norm
 * and decisions, update. Elsewhere the update sums the squares as it reads the gradients, and the
 * norm comes last.
 */
final class CudaOptimizerStep implements OptimizerStep {
  /** Piece of cuda-kernels/layers/optimizer.cu. */
  static final KernelStruct PIECE_STRUCT =
      new KernelStruct("Piece").i64("offset").i32("size", "segment");

  /** Segment of cuda-kernels/layers/optimizer.cu. */
  static final KernelStruct SEGMENT_STRUCT =
      new KernelStruct("Segment").f64("rateFactor").f32("decay", "smallest", "lower", "upper");

  private static final int PIECE = 4096;
  private static final int THREADS = 256;
  private static final int NUMBERS = 5; // what the norm's kernel leaves for the update

  private final CudaDevice device;
  private final Spec spec;
  private final long size;
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
    this.size = spec.segments().stream().mapToLong(Segment::size).sum();
    int[] table = pieceTable(spec.segments());
    this.pieces = table.length * Integer.BYTES / PIECE_STRUCT.bytes();
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

  private static int[] pieceTable(List<Segment> segments) {
    long count = segments.stream().mapToLong(s -> (s.size() + PIECE - 1) / PIECE).sum();
    KernelStruct.Writer writer = PIECE_STRUCT.write(Math.toIntExact(count));
    for (int number = 0; number < segments.size(); number++) {
      Segment segment = segments.get(number);
      for (long from = 0; from < segment.size(); from += PIECE) {
        writer
            .i64("offset", segment.offset() + from)
            .i32("size", (int) Math.min(PIECE, segment.size() - from))
            .i32("segment", number);
      }
    }
    return words(writer.end());
  }

  private static int[] segmentTable(List<Segment> segments) {
    KernelStruct.Writer writer = SEGMENT_STRUCT.write(segments.size());
    for (Segment segment : segments) {
      writer
          .f64("rateFactor", segment.rateFactor())
          .f32("decay", (float) segment.weightDecay())
          .f32("smallest", (float) segment.smallestMagnitude())
          .f32("lower", (float) segment.lower())
          .f32("upper", (float) segment.upper());
    }
    return words(writer.end());
  }

  private static int[] words(ByteBuffer bytes) {
    int[] words = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(words);
    return words;
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
    boolean ahead = spec.clipNorm() > 0 || lossScale != null;
    if (ahead) {
      squares(gradients);
    }
    norm(ahead ? pieces : 0, schedule, norm, lossScale);
    update(parameters, gradients, first, second, schedule, ahead ? null : partials);
    if (!ahead) {
      norm(pieces, schedule, norm, null);
    }
  }

  private void squares(Buffer gradients) {
    device
        .module("optimizer")
        .kernel("optimizer_squares")
        .launch(
            Grid.of(pieces, THREADS),
            new KernelArguments()
                .passes(gradients)
                .reads(pieceTable)
                .writes(partials)
                .moves(bytes(gradients), 0)
                .computes(Operations.SQUARES, size));
  }

  /** What the update needs, and the norm of so many pieces' gradients. */
  private void norm(int count, Buffer schedule, Buffer norm, @Nullable Buffer lossScale) {
    device
        .module("optimizer")
        .kernel("optimizer_norm")
        .launch(
            Grid.of(1, THREADS),
            new KernelArguments()
                .passes(partials)
                .moves((double) Double.BYTES * count, 0)
                .i32(count)
                .reads(schedule)
                .updates(lossScale)
                .f64(spec.momentum())
                .f64(spec.beta2())
                .f64(spec.clipNorm())
                .f32(SMALLEST_SCALE)
                .f32(LARGEST_SCALE)
                .f32(STEPS_TO_GROW)
                .writes(norm)
                .writes(numbers)
                .computes(Operations.ADD, count));
  }

  private void update(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      @Nullable Buffer squares) {
    CudaBuffer rounded = CudaBuffer.of(parameters).rounded();
    double kept = bytes(parameters) + bytes(first) + bytes(second);
    device
        .module("optimizer")
        .kernel("optimizer_update")
        .launch(
            Grid.of(pieces, THREADS),
            new KernelArguments()
                .passes(parameters)
                .passes(rounded)
                .i32(copy(rounded))
                .passes(gradients)
                .passes(first)
                .passes(second)
                .reads(pieceTable)
                .reads(segmentTable)
                .reads(schedule)
                .reads(numbers)
                .i32(rule())
                .f32((float) spec.momentum())
                .f32((float) spec.beta2())
                .f32((float) spec.eps())
                .writes(squares)
                .moves(kept + bytes(gradients), kept + bytes(rounded))
                .computes(
                    Operations.update(spec.rule()) + (squares == null ? 0 : Operations.SQUARES),
                    size));
  }

  /** What the segments have of a buffer; between them are gaps. */
  private double bytes(@Nullable Buffer buffer) {
    return buffer == null ? 0 : (double) size * buffer.type().bytes();
  }

  /** enum Rule of optimizer.cu. */
  private int rule() {
    return switch (spec.rule()) {
      case SGD -> spec.nesterov() ? 3 : 0;
      case ADAM -> 1;
      case ADAMW -> 2;
    };
  }

  /** enum Copy of optimizer.cu. */
  private static int copy(@Nullable CudaBuffer rounded) {
    return rounded == null ? 0 : rounded.type() == DType.BFLOAT16 ? 1 : 2;
  }

  @Override
  public void close() {
    owned.close();
  }
}
