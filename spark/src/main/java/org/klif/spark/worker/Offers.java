package org.klif.spark.worker;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has for its peers: the bytes of each round, until all of them have fetched them.
 */
final class Offers {
  /** Proof of belonging to the same training. */
  static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("klif-token", Metadata.ASCII_STRING_MARSHALLER);

  private static final String SERVICE = "klif.Shards";

  /** Number of a round in, bytes of that round out. */
  static final MethodDescriptor<Long, byte[]> FETCH =
      MethodDescriptor.<Long, byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Fetch"))
          .setRequestMarshaller(new Marshallers.OfLong())
          .setResponseMarshaller(new Marshallers.OfBytes())
          .build();

  private static final class Round {
    byte @Nullable [] bytes;
    final List<StreamObserver<byte[]>> waiting = new ArrayList<>();
    int fetched;
  }

  private final Map<Long, Round> rounds = new HashMap<>();
  private int readers;

  /** The gRPC service that gives them out, to callers with the token. */
  ServerServiceDefinition service(String token) {
    return ServerInterceptors.intercept(
        ServerServiceDefinition.builder(SERVICE)
            .addMethod(FETCH, ServerCalls.asyncUnaryCall(this::fetch))
            .build(),
        new TokenCheck(token));
  }

  /** How many others fetch each round. */
  synchronized void readers(int number) {
    readers = number;
  }

  /** Has the bytes of a round from now on. */
  void offer(long number, byte[] bytes) {
    List<StreamObserver<byte[]>> waiting;
    synchronized (this) {
      if (readers == 0) {
        return;
      }
      Round round = round(number);
      round.bytes = bytes;
      waiting = List.copyOf(round.waiting);
      round.waiting.clear();
    }
    waiting.forEach(reader -> answer(number, bytes, reader));
  }

  private Round round(long number) {
    return rounds.computeIfAbsent(number, n -> new Round());
  }

  private void fetch(long number, StreamObserver<byte[]> reader) {
    byte[] bytes;
    synchronized (this) {
      Round round = round(number);
      bytes = round.bytes;
      if (bytes == null) {
        round.waiting.add(reader);
        return;
      }
    }
    answer(number, bytes, reader);
  }

  private void answer(long number, byte[] bytes, StreamObserver<byte[]> reader) {
    try {
      reader.onNext(bytes);
      reader.onCompleted();
    } catch (StatusRuntimeException e) {
      // the reader is gone: this worker learns it when it fetches from it
      return;
    }
    synchronized (this) {
      Round round = round(number);
      round.fetched++;
      if (round.fetched == readers) {
        rounds.remove(number);
        notifyAll();
      }
    }
  }

  /** Waits until every round was fetched by all. */
  synchronized void awaitFetched(Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    while (!rounds.isEmpty()) {
      long millis = (end - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return;
      }
      wait(millis);
    }
  }

  /** Refuses strangers. */
  private record TokenCheck(String token) implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String given = headers.get(TOKEN);
      if (given == null || !MessageDigest.isEqual(bytes(given), bytes(token))) {
        call.close(Status.UNAUTHENTICATED.withDescription("another training"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
