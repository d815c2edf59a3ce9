package org.klif.spark.worker;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.klif.KlifException;
import org.klif.shard.Exchange;
import org.klif.shard.Parts;

/**
 * The exchange of a run whose shards are spread over several processes, contiguously: worker 0 has
 * the first ones. Each round a worker sends the arrays of its shards, one behind the other, as
 * little-endian float32.
 */
public final class PeerExchange implements Exchange {
  private final Peers peers;
  private final Parts parts;
  private final List<Integer> local;

  /** What is handed out, by the length of the arrays; filled anew in each round. */
  private final Map<Integer, float[][]> received = new HashMap<>();

  private boolean failed;

  /**
   * Over workers that know each other.
   *
   * @param peers connected; closed with this
   * @param shards of the run, at least as many as workers
   * @param worker which of them this is
   */
  public PeerExchange(Peers peers, int shards, int worker) {
    if (shards < peers.size()) {
      throw new IllegalArgumentException(shards + " shards on " + peers.size() + " workers");
    }
    this.peers = peers;
    this.parts = new Parts(shards, peers.size());
    this.local =
        IntStream.range(0, parts.size(worker)).mapToObj(i -> parts.first(worker) + i).toList();
  }

  @Override
  public int shards() {
    return parts.whole();
  }

  @Override
  public List<Integer> local() {
    return local;
  }

  @Override
  public float[][] allGather(float[][] own) {
    int length = own[0].length;
    List<byte[]> messages;
    try {
      messages = peers.gather(encoded(own, length));
    } catch (KlifException e) {
      failed = true;
      throw e;
    }
    float[][] all = received.computeIfAbsent(length, n -> new float[shards()][n]);
    for (int worker = 0; worker < messages.size(); worker++) {
      decode(messages.get(worker), worker, length, all);
    }
    return all;
  }

  private static byte[] encoded(float[][] own, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(own.length * Float.BYTES, length))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float[] array : own) {
      if (array.length != length) {
        throw new IllegalArgumentException("arrays of %d and %d".formatted(length, array.length));
      }
      bytes.asFloatBuffer().put(array);
      bytes.position(bytes.position() + length * Float.BYTES);
    }
    return bytes.array();
  }

  private void decode(byte[] message, int worker, int length, float[][] all) {
    if (message.length != parts.size(worker) * length * Float.BYTES) {
      failed = true;
      throw new KlifException(
          "worker %d sent %d bytes for %d arrays of %d: it does not train the same network"
              .formatted(worker, message.length, parts.size(worker), length));
    }
    ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < parts.size(worker); i++) {
      bytes.position(i * length * Float.BYTES);
      bytes.asFloatBuffer().get(all[parts.first(worker) + i]);
    }
  }

  /** After a failure the others are not waited for, and hear of it. */
  @Override
  public void close() {
    if (failed) {
      peers.abort();
    } else {
      peers.close();
    }
  }
}
