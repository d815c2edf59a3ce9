package org.klif.device.cpu.dnnl;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.device.DType;

/**
 * The descriptions that building a primitive needs and that are of no use afterwards: a scope that
 * destroys them all at its end, in reverse order.
 */
final class Descriptors implements AutoCloseable {
  private final String work;
  private final Deque<Runnable> destroyers = new ArrayDeque<>();

  /**
   * @param work for messages: what is built, with its shapes
   */
  Descriptors(String work) {
    this.work = work;
  }

  /** A tensor in a named order. */
  dnnl_memory_desc tagged(DType type, int tag, long... sizes) {
    dnnl_memory_desc descriptor = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_tag(descriptor, sizes.length, sizes, code(type), tag),
        "dnnl_memory_desc_create_with_tag");
    destroyers.push(() -> dnnl.dnnl_memory_desc_destroy(descriptor));
    return descriptor;
  }

  /** A tensor whose order oneDNN may choose. */
  dnnl_memory_desc any(DType type, long... sizes) {
    return tagged(type, dnnl.dnnl_format_tag_any, sizes);
  }

  /** A matrix with strides in elements. */
  dnnl_memory_desc strided(DType type, long[] sizes, long[] strides) {
    dnnl_memory_desc descriptor = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_strides(
            descriptor, sizes.length, sizes, code(type), strides),
        "dnnl_memory_desc_create_with_strides");
    destroyers.push(() -> dnnl.dnnl_memory_desc_destroy(descriptor));
    return descriptor;
  }

  /** Attributes with a scratchpad of the caller's. */
  dnnl_primitive_attr attributes() {
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    check(dnnl.dnnl_primitive_attr_create(attributes), "dnnl_primitive_attr_create");
    destroyers.push(() -> dnnl.dnnl_primitive_attr_destroy(attributes));
    check(
        dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user),
        "dnnl_primitive_attr_set_scratchpad_mode");
    return attributes;
  }

  /** The same, and the result is multiplied by a number before it is stored. */
  dnnl_primitive_attr scaling(float factor) {
    dnnl_primitive_attr attributes = attributes();
    dnnl_post_ops after = new dnnl_post_ops();
    check(dnnl.dnnl_post_ops_create(after), "dnnl_post_ops_create");
    destroyers.push(() -> dnnl.dnnl_post_ops_destroy(after));
    check(
        dnnl.dnnl_post_ops_append_eltwise(after, dnnl.dnnl_eltwise_linear, factor, 0),
        "dnnl_post_ops_append_eltwise");
    check(
        dnnl.dnnl_primitive_attr_set_post_ops(attributes, after),
        "dnnl_primitive_attr_set_post_ops");
    return attributes;
  }

  /** Takes over a description that {@code call} has just created with {@code status}. */
  dnnl_primitive_desc owned(dnnl_primitive_desc description, int status, String call) {
    check(status, call);
    destroyers.push(() -> dnnl.dnnl_primitive_desc_destroy(description));
    return description;
  }

  /** The dnnl_data_type_t value. */
  private static int code(DType type) {
    return switch (type) {
      case FLOAT32 -> dnnl.dnnl_f32;
      case BFLOAT16 -> dnnl.dnnl_bf16;
      case FLOAT16, INT32 -> throw new IllegalArgumentException("no products of " + type);
    };
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
