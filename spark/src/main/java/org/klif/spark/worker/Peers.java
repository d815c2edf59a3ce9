package org.klif.spark.worker;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.klif.KlifException;

/**
 * The worker processes of one training, each able to give every other one the same bytes, round
 * after round. A worker offers its bytes and fetches those of the others: one gRPC call a peer and
 * round, which the peer answers as soon as it has got as far. So whoever waits for a peer has a
 * call open with it and hears at once when it dies.
 *
 * <p>Used by one thread.
 */
public final class Peers implements AutoCloseable {
  private static final int KEEP_ALIVE_SECONDS = 15;
  private static final int MOST_BYTES = Integer.MAX_VALUE;

  private final String token;
  private final Duration timeout;
  private final Offers offers;
  private final Server server;
  private final String host;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private List<String> addresses = List.of();
  private int own;
  private long round;
  private boolean failed;

  private Peers(String host, String token, Duration timeout) throws IOException {
    this.host = host;
    this.token = token;
    this.timeout = timeout;
    this.offers = new Offers();
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress(host, 0))
            .addService(offers.service(token))
            .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 2, TimeUnit.SECONDS)
            .maxInboundMessageSize(MOST_BYTES)
            .build()
            .start();
  }

  /**
   * Listens on a port that is free.
   *
   * @param host name or address of this machine, by which the others reach it
   * @param token the same for all workers of a training; calls without it are refused
   * @param timeout longest wait for a peer in one round
   * @throws KlifException when nothing can be bound there
   */
  public static Peers listen(String host, String token, Duration timeout) {
    try {
      return new Peers(host, token, timeout);
    } catch (IOException e) {
      throw new KlifException(
          "cannot listen on %s for the other workers: %s".formatted(host, e.getMessage()), e);
    }
  }

  /** HOST:PORT, what the others need. */
  public String address() {
    return host + ":" + server.getPort();
  }

  /**
   * Gets to know all workers.
   *
   * @param worker which of them this is, from 0
   * @param all their addresses, this one's among them
   */
  public void connect(int worker, List<String> all) {
    own = worker;
    addresses = List.copyOf(all);
    offers.readers(all.size() - 1);
    for (int i = 0; i < all.size(); i++) {
      String address = all.get(i);
      int colon = address.lastIndexOf(':');
      int port = Integer.parseInt(address.substring(colon + 1));
      Metadata headers = new Metadata();
      headers.put(Offers.TOKEN, token);
      channels.add(
          NettyChannelBuilder.forAddress(new InetSocketAddress(address.substring(0, colon), port))
              .usePlaintext()
              .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
              .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
              .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
              .maxInboundMessageSize(MOST_BYTES)
              .build());
    }
  }

  /** How many workers there are. */
  public int size() {
    return addresses.size();
  }

  /**
   * Gives all others these bytes and takes theirs. Each worker must call this equally often.
   *
   * @return one array a worker, in the order of the workers; this one's is {@code mine} itself
   * @throws KlifException when a worker is gone or takes longer than the timeout; this object is of
   *     no use then
   */
  public List<byte[]> gather(byte[] mine) {
    long number = round++;
    offers.offer(number, mine);
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    List<Future<byte[]>> calls = new ArrayList<>();
    for (ManagedChannel channel : channels) {
      calls.add(
          calls.size() == own
              ? CompletableFuture.completedFuture(mine)
              : ClientCalls.futureUnaryCall(channel.newCall(Offers.FETCH, options), number));
    }
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      all.add(await(calls.get(i), i));
    }
    return all;
  }

  private byte[] await(Future<byte[]> call, int worker) {
    try {
      return call.get();
    } catch (ExecutionException e) {
      failed = true;
      throw new KlifException(
          "worker %d at %s %s".formatted(worker, addresses.get(worker), reason(e)), e);
    } catch (InterruptedException e) {
      failed = true;
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while waiting for worker " + worker, e);
    }
  }

  private String reason(ExecutionException e) {
    Status status =
        e.getCause() instanceof StatusRuntimeException failure
            ? failure.getStatus()
            : Status.UNKNOWN.withDescription(String.valueOf(e.getCause()));
    return switch (status.getCode()) {
      case UNAVAILABLE, CANCELLED -> "is gone";
      case DEADLINE_EXCEEDED -> "gave no answer for %d s".formatted(timeout.toSeconds());
      default -> "failed: " + status;
    };
  }

  /** Lets the others fetch what they have not fetched yet, unless one of them is gone. */
  @Override
  public void close() {
    try {
      if (!failed) {
        offers.awaitFetched(timeout);
      }
      server.shutdown();
      if (failed || !server.awaitTermination(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  /** Ends at once, so that the others hear of it. */
  public void abort() {
    failed = true;
    close();
  }
}
