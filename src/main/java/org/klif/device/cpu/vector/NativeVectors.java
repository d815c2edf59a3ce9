package org.klif.device.cpu.vector;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.klif.device.cpu.Bytes;
import org.klif.device.cpu.Elements;

/**
 * Vectors in native memory. Java 17 reaches them through a ByteBuffer, later versions through a
 * MemorySegment, and neither has the other's methods; so what this version has is looked up when
 * the class is loaded. Constant method handles are compiled like direct calls. Copies to arrays,
 * which every version reads alike, were measured as well: 30 % more time for a sequence of neurons.
 *
 * <p>Later versions read one constant segment over all of memory, at a buffer's address: its class
 * and its session are known when a loop is compiled. So only Java 17 checks that an offset is
 * within the buffer.
 */
final class NativeVectors {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** As many lanes of 16 bits. */
  static final VectorSpecies<Short> HALF =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  static final boolean SEGMENTS = Runtime.version().feature() > 17;

  /**
   * (ByteBuffer, long) to FloatVector; the long is an offset of Java 17, an address of later
   * versions.
   */
  static final MethodHandle LOAD;

  /**
   * (FloatVector, ByteBuffer, long) to void. Loops of many operations call it instead of {@link
   * #store}: beyond a number of nodes Java compiles in only what the JDK marks, and a call for each
   * vector costs twice the time.
   */
  static final MethodHandle STORE;

  /** (ByteBuffer, long) to ShortVector. */
  private static final MethodHandle LOAD_HALF;

  /** (ByteBuffer, long) to FloatVector: bfloat16 numbers in memory. */
  static final MethodHandle WIDEN;

  /** (ShortVector, ByteBuffer, long) to void; called as it is, like {@link #STORE}. */
  static final MethodHandle STORE_HALF;

  /** (FloatVector, ByteBuffer, long) to void: to bfloat16 numbers, to the nearest, ties to even. */
  static final MethodHandle ROUND;

  static {
    try {
      Class<?> memory =
          SEGMENTS ? Class.forName("java.lang.foreign.MemorySegment") : ByteBuffer.class;
      LOAD = load(FloatVector.class, SPECIES, memory);
      STORE = store(FloatVector.class, memory);
      LOAD_HALF = load(ShortVector.class, HALF, memory);
      STORE_HALF = store(ShortVector.class, memory);
      WIDEN =
          MethodHandles.filterReturnValue(
              LOAD_HALF,
              LOOKUP.findStatic(
                  NativeVectors.class,
                  "widen",
                  MethodType.methodType(FloatVector.class, ShortVector.class)));
      ROUND =
          MethodHandles.filterArguments(
              STORE_HALF,
              0,
              LOOKUP.findStatic(
                  NativeVectors.class,
                  "round",
                  MethodType.methodType(ShortVector.class, FloatVector.class)));
    } catch (ReflectiveOperationException | IllegalCallerException e) {
      throw new LinkageError("the Vector API of this version of Java is another one", e);
    }
  }

  private static MethodHandle load(Class<?> vector, VectorSpecies<?> species, Class<?> memory)
      throws ReflectiveOperationException {
    MethodHandle load =
        LOOKUP.findStatic(
            vector,
            "from" + memory.getSimpleName(),
            MethodType.methodType(vector, VectorSpecies.class, memory, offset(), ByteOrder.class));
    load = MethodHandles.insertArguments(load, 3, ByteOrder.nativeOrder());
    load = inMemory(MethodHandles.insertArguments(load, 0, species), 0, memory);
    return MethodHandles.explicitCastArguments(
        load, MethodType.methodType(vector, ByteBuffer.class, long.class));
  }

  private static MethodHandle store(Class<?> vector, Class<?> memory)
      throws ReflectiveOperationException {
    MethodHandle store =
        LOOKUP.findVirtual(
            vector,
            "into" + memory.getSimpleName(),
            MethodType.methodType(void.class, memory, offset(), ByteOrder.class));
    store = MethodHandles.insertArguments(store, 3, ByteOrder.nativeOrder());
    return MethodHandles.explicitCastArguments(
        inMemory(store, 1, memory),
        MethodType.methodType(void.class, vector, ByteBuffer.class, long.class));
  }

  private static Class<?> offset() {
    return SEGMENTS ? long.class : int.class;
  }

  /** The access to the argument's memory, or to all memory whatever that argument is. */
  private static MethodHandle inMemory(MethodHandle access, int argument, Class<?> memory)
      throws ReflectiveOperationException {
    if (!SEGMENTS) {
      return access;
    }
    MethodHandle all =
        LOOKUP.findVirtual(memory, "reinterpret", MethodType.methodType(memory, long.class));
    Object everything;
    try {
      everything =
          all.invoke(LOOKUP.findStaticGetter(memory, "NULL", memory).invoke(), Long.MAX_VALUE);
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return MethodHandles.dropArguments(
        MethodHandles.insertArguments(access, argument, everything), argument, ByteBuffer.class);
  }

  private NativeVectors() {}

  /**
   * What {@link #load} and {@link #store} take: a loop's own copy of what is in {@link Elements},
   * which Java keeps in registers.
   *
   * @param bytes of Java 17; not read by later versions
   * @param start added to each offset
   */
  record Memory(ByteBuffer bytes, long start) {}

  /** The memory of float32 numbers. */
  static Memory floats(Elements numbers) {
    return memory(numbers, false);
  }

  /**
   * The memory of numbers of a loop's type. All memory of a loop has one, which it knows ahead:
   * Java then compiles a loop for each type, where it else would ask at each access.
   */
  static Memory memory(Elements numbers, boolean half) {
    if (numbers.half() != half) {
      throw new IllegalArgumentException("numbers of two types in a loop");
    }
    Bytes bytes = numbers.bytes();
    return new Memory(bytes.buffer(), SEGMENTS ? bytes.address() : 0);
  }

  /** The vector from an element on, of float32. */
  static FloatVector load(Memory memory, int element) {
    try {
      return (FloatVector) LOAD.invokeExact(memory.bytes(), memory.start() + 4L * element);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The same of either type. */
  static FloatVector load(boolean half, Memory memory, int element) {
    try {
      return half
          ? (FloatVector) WIDEN.invokeExact(memory.bytes(), memory.start() + 2L * element)
          : (FloatVector) LOAD.invokeExact(memory.bytes(), memory.start() + 4L * element);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Writes a vector from an element on, to float32. */
  static void store(FloatVector vector, Memory memory, int element) {
    try {
      STORE.invokeExact(vector, memory.bytes(), memory.start() + 4L * element);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The same to either type. */
  static void store(FloatVector vector, boolean half, Memory memory, int element) {
    try {
      if (half) {
        ROUND.invokeExact(vector, memory.bytes(), memory.start() + 2L * element);
      } else {
        STORE.invokeExact(vector, memory.bytes(), memory.start() + 4L * element);
      }
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The numbers whose upper 16 bits are given. */
  private static FloatVector widen(ShortVector bits) {
    IntVector wide = (IntVector) bits.convertShape(VectorOperators.S2I, INTS, 0);
    return wide.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
  }

  /** The upper 16 bits, to the nearest, ties to even; a NaN stays one. */
  private static ShortVector round(FloatVector value) {
    IntVector raw = value.reinterpretAsInts();
    IntVector upper = raw.lanewise(VectorOperators.LSHR, Short.SIZE);
    IntVector rounded =
        raw.add(upper.and(1).add(0x7fff)).lanewise(VectorOperators.LSHR, Short.SIZE);
    VectorMask<Integer> nan = raw.and(0x7fffffff).compare(VectorOperators.GT, 0x7f800000);
    return (ShortVector)
        rounded.blend(upper.or(0x40), nan).convertShape(VectorOperators.I2S, HALF, 0);
  }

  /** The methods above throw nothing that is checked. */
  static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }
}
