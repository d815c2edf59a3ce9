package org.klif.device.cpu.dnnl;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * The descriptions that building a primitive needs and that are of no use afterwards: a scope that
 * destroys them all at its end, in reverse order.
 */
final class Descriptors implements AutoCloseable {
  private final String work;
  private final DataType type;
  private final Deque<Runnable> destroyers = new ArrayDeque<>();

  /**
   * @param work for messages: what is built, with its shapes
   * @param type element type of every tensor described here
   */
  Descriptors(String work, DataType type) {
    this.work = work;
    this.type = type;
  }

  /** A tensor in a named order. */
  dnnl_memory_desc tagged(int tag, long... sizes) {
    dnnl_memory_desc descriptor = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_tag(descriptor, sizes.length, sizes, type.code(), tag),
        "dnnl_memory_desc_create_with_tag");
    destroyers.push(() -> dnnl.dnnl_memory_desc_destroy(descriptor));
    return descriptor;
  }

  /** A tensor whose order oneDNN may choose. */
  dnnl_memory_desc any(long... sizes) {
    return tagged(dnnl.dnnl_format_tag_any, sizes);
  }

  /** A matrix with strides in elements. */
  dnnl_memory_desc strided(long[] sizes, long[] strides) {
    dnnl_memory_desc descriptor = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_strides(
            descriptor, sizes.length, sizes, type.code(), strides),
        "dnnl_memory_desc_create_with_strides");
    destroyers.push(() -> dnnl.dnnl_memory_desc_destroy(descriptor));
    return descriptor;
  }

  /**
   * Attributes with a scratchpad of the caller's and, if wanted, a result added to what is there.
   */
  dnnl_primitive_attr attributes(boolean accumulate) {
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    check(dnnl.dnnl_primitive_attr_create(attributes), "dnnl_primitive_attr_create");
    destroyers.push(() -> dnnl.dnnl_primitive_attr_destroy(attributes));
    check(
        dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user),
        "dnnl_primitive_attr_set_scratchpad_mode");
    if (accumulate) {
      dnnl_post_ops operations = new dnnl_post_ops();
      check(dnnl.dnnl_post_ops_create(operations), "dnnl_post_ops_create");
      destroyers.push(() -> dnnl.dnnl_post_ops_destroy(operations));
      check(
          dnnl.dnnl_post_ops_append_sum(operations, 1f, 0, dnnl.dnnl_data_type_undef),
          "dnnl_post_ops_append_sum");
      check(
          dnnl.dnnl_primitive_attr_set_post_ops(attributes, operations),
          "dnnl_primitive_attr_set_post_ops");
    }
    return attributes;
  }

  /** Takes over a description that {@code call} has just created with {@code status}. */
  dnnl_primitive_desc owned(dnnl_primitive_desc description, int status, String call) {
    check(status, call);
    destroyers.push(() -> dnnl.dnnl_primitive_desc_destroy(description));
    return description;
  }

  private void check(int status, String call) {
    Status.check(status, call, work);
  }

  @Override
  public void close() {
    while (!destroyers.isEmpty()) {
      destroyers.pop().run();
    }
  }
}
