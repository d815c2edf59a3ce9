package org.klif.device.cpu.dnnl;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * One oneDNN primitive with everything that its execution needs, built once: memory objects and the
 * argument block. A call then only changes the data handles that differ from the last call and
 * allocates nothing.
 *
 * <p>None of the JavaCPP objects used here has a garbage-collected deallocator: each one is a bare
 * handle that {@link #close} destroys. So JavaCPP neither frees memory at a moment of its own
 * choosing nor compares this process's size with its limits.
 */
final class Primitive implements AutoCloseable {
  /** sizeof(dnnl_exec_arg_t): an int, padding, a pointer. */
  private static final int ARGUMENT_BYTES = 16;

  private static final int MEMORY_OFFSET = 8;

  private final OneDnn oneDnn;
  private final String work;
  private final String implementation;
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_memory[] memories;
  private final long[] handles;
  private final long scratchpadBytes;
  private final NativeMemory argumentBlock;
  private final dnnl_exec_arg_t arguments;
  private final Address address = new Address();
  private boolean closed;

  /**
   * Builds the primitive that {@code description} describes; the description stays the caller's,
   * the primitive is {@code oneDnn}'s, which closes it.
   *
   * @param work for messages: what is computed, with its shapes
   * @param argumentKinds the DNNL_ARG_ values in the order of {@link #set}'s slots, without the
   *     scratchpad
   */
  Primitive(OneDnn oneDnn, String work, dnnl_primitive_desc description, int... argumentKinds) {
    this.oneDnn = oneDnn;
    this.work = work;
    this.implementation = implementationOf(description);
    dnnl_memory_desc scratchpad =
        dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_scratchpad_md, 0);
    scratchpadBytes = sizeOf(scratchpad);
    oneDnn.scratchpad().reserve(scratchpadBytes);
    int count = argumentKinds.length + (scratchpadBytes > 0 ? 1 : 0);
    memories = new dnnl_memory[count];
    handles = new long[count];
    argumentBlock = oneDnn.heap().allocate((long) count * ARGUMENT_BYTES);
    arguments = new dnnl_exec_arg_t(new Address().to(argumentBlock.address()));
    try {
      Status.check(
          dnnl.dnnl_primitive_create(primitive, description), "dnnl_primitive_create", work);
      ByteBuffer block = argumentBlock.buffer();
      for (int slot = 0; slot < count; slot++) {
        boolean isScratchpad = slot == argumentKinds.length;
        int kind = isScratchpad ? dnnl.DNNL_ARG_SCRATCHPAD : argumentKinds[slot];
        dnnl_memory_desc descriptor =
            isScratchpad
                ? scratchpad
                : dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_exec_arg_md, kind);
        memories[slot] = new dnnl_memory();
        Status.check(
            dnnl.dnnl_memory_create(memories[slot], descriptor, oneDnn.engine(), null),
            "dnnl_memory_create",
            work);
        block.putInt(slot * ARGUMENT_BYTES, kind);
        block.putLong(slot * ARGUMENT_BYTES + MEMORY_OFFSET, memories[slot].address());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    oneDnn.own(this);
  }

  private static long sizeOf(dnnl_memory_desc descriptor) {
    return descriptor == null || descriptor.isNull()
        ? 0
        : dnnl.dnnl_memory_desc_get_size(descriptor);
  }

  /** oneDNN's name of the implementation that a description stands at. */
  static String implementationOf(dnnl_primitive_desc description) {
    long text = Native.malloc(Native.POINTER_SIZE);
    try {
      int status =
          dnnl.dnnl_primitive_desc_query(
              description, dnnl.dnnl_query_impl_info_str, 0, new Address().to(text));
      return status == 0 ? new Pointer(text).getPointer(0).getString(0) : "unknown";
    } finally {
      Native.free(text);
    }
  }

  /** oneDNN's name of the chosen implementation, such as {@code brgconv:avx512_core}. */
  String implementation() {
    return implementation;
  }

  /** Points one argument at the caller's memory. */
  void set(int slot, long handle) {
    if (handles[slot] != handle) {
      handles[slot] = handle;
      Status.check(
          dnnl.dnnl_memory_set_data_handle(memories[slot], address.to(handle)),
          "dnnl_memory_set_data_handle",
          work);
    }
  }

  /** Executes with the memory set last and waits for the end. */
  void run() {
    int count = memories.length;
    if (scratchpadBytes > 0) {
      set(count - 1, oneDnn.scratchpad().address());
    }
    Status.check(
        dnnl.dnnl_primitive_execute(primitive, oneDnn.stream(), count, arguments),
        "dnnl_primitive_execute",
        work);
    Status.check(dnnl.dnnl_stream_wait(oneDnn.stream()), "dnnl_stream_wait", work);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (dnnl_memory memory : memories) {
      if (memory != null && !memory.isNull()) {
        dnnl.dnnl_memory_destroy(memory);
      }
    }
    if (!primitive.isNull()) {
      dnnl.dnnl_primitive_destroy(primitive);
    }
    argumentBlock.close();
  }
}
