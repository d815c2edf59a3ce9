package org.klif.device.cpu.vector;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors in native memory. Java 17 reaches them through a ByteBuffer, later versions through a
 * MemorySegment, and neither has the other's methods; so what this version has is looked up when
 * the class is loaded. Constant method handles are compiled like direct calls. Copies to arrays,
 * which every version reads alike, were measured as well: 30 % more time for a sequence of neurons.
 */
final class NativeVectors {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** (Object memory, int byteOffset) to FloatVector. */
  private static final MethodHandle LOAD;

  /** (FloatVector, Object memory, int byteOffset) to void. */
  private static final MethodHandle STORE;

  /** ByteBuffer to the memory that the others take. */
  private static final MethodHandle MEMORY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      boolean segments = Runtime.version().feature() > 17;
      Class<?> memory =
          segments ? Class.forName("java.lang.foreign.MemorySegment") : ByteBuffer.class;
      Class<?> offset = segments ? long.class : int.class;
      String kind = segments ? "MemorySegment" : "ByteBuffer";
      MethodHandle load =
          lookup.findStatic(
              FloatVector.class,
              "from" + kind,
              MethodType.methodType(
                  FloatVector.class, VectorSpecies.class, memory, offset, ByteOrder.class));
      MethodHandle store =
          lookup.findVirtual(
              FloatVector.class,
              "into" + kind,
              MethodType.methodType(void.class, memory, offset, ByteOrder.class));
      MethodHandle of =
          segments
              ? lookup.findStatic(memory, "ofBuffer", MethodType.methodType(memory, Buffer.class))
              : MethodHandles.identity(ByteBuffer.class);
      ByteOrder order = ByteOrder.nativeOrder();
      LOAD =
          MethodHandles.insertArguments(MethodHandles.insertArguments(load, 3, order), 0, SPECIES)
              .asType(MethodType.methodType(FloatVector.class, Object.class, int.class));
      STORE =
          MethodHandles.insertArguments(store, 3, order)
              .asType(
                  MethodType.methodType(void.class, FloatVector.class, Object.class, int.class));
      MEMORY = of.asType(MethodType.methodType(Object.class, ByteBuffer.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the Vector API of this version of Java is another one", e);
    }
  }

  private NativeVectors() {}

  /** What {@link #load} and {@link #store} take: once for a loop, not within it. */
  static Object memory(ByteBuffer bytes) {
    try {
      return (Object) MEMORY.invokeExact(bytes);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The vector at a byte offset, in the machine's byte order. */
  static FloatVector load(Object memory, int offset) {
    try {
      return (FloatVector) LOAD.invokeExact(memory, offset);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Writes a vector to a byte offset. */
  static void store(FloatVector vector, Object memory, int offset) {
    try {
      STORE.invokeExact(vector, memory, offset);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The methods above throw nothing that is checked. */
  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }
}
