package org.klif.spark.worker;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** How gRPC messages become bytes: they are bytes already. */
final class Marshallers {
  /** An array of bytes, as it is. */
  static final class OfBytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw Status.INTERNAL.withCause(e).asRuntimeException();
      }
    }
  }

  /** A number in eight bytes. */
  static final class OfLong implements MethodDescriptor.Marshaller<Long> {
    @Override
    public InputStream stream(Long value) {
      return new ByteArrayInputStream(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    }

    @Override
    public Long parse(InputStream stream) {
      try {
        byte[] bytes = stream.readNBytes(Long.BYTES);
        if (bytes.length != Long.BYTES) {
          throw Status.INVALID_ARGUMENT
              .withDescription("no number of a round")
              .asRuntimeException();
        }
        return ByteBuffer.wrap(bytes).getLong();
      } catch (IOException e) {
        throw Status.INTERNAL.withCause(e).asRuntimeException();
      }
    }
  }

  private Marshallers() {}
}
