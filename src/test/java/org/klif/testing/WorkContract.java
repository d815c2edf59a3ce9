package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.InputQueue;
import org.klif.device.Loss;
import org.klif.device.OutputQueue;

/** Captured work and the queue of batches. */
interface WorkContract extends TestedDevice {
  /** Each run reads what the buffers hold at that time, the first as the later ones. */
  @Test
  default void capturedWorkReadsItsBuffersAnew() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer a = scope.zeros(1000);
      Buffer b = scope.zeros(1000);
      Buffer sum = scope.zeros(1000);
      CapturedWork work =
          scope.own(
              device()
                  .capture(
                      () -> {
                        device().add(a, b, sum);
                        device().add(sum, b, b);
                      }));
      Uniform uniform = new Uniform(1);
      float[] bs = new float[1000];
      for (int run = 0; run < 5; run++) {
        float[] as = uniform.floats(1000);
        a.upload(as);
        work.run();
        float[] sums = new float[1000];
        for (int i = 0; i < 1000; i++) {
          sums[i] = as[i] + bs[i];
          bs[i] = sums[i] + bs[i];
        }
        assertArrayEquals(sums, sum.toArray(), "run " + run);
        assertArrayEquals(bs, b.toArray(), "run " + run);
      }
    }
  }

  /** Runs that are given without waiting in between are done in order. */
  @Test
  default void capturedWorkIsRunOftenWithoutWaiting() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer one = scope.of(1, 1, 1);
      Buffer count = scope.zeros(3);
      CapturedWork up = scope.own(device().capture(() -> device().add(count, one, count)));
      CapturedWork twice = scope.own(device().capture(() -> device().add(count, count, count)));
      for (int i = 0; i < 6; i++) {
        up.run();
        twice.run();
      }
      assertArrayEquals(new float[] {126, 126, 126}, count.toArray());
    }
  }

  /** What the host does in the middle sees what is ahead of it, and is seen by what is behind. */
  @Test
  default void theHostHasItsPartInCapturedWork() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer sum = scope.zeros(3);
      Buffer step = scope.of(1, 1, 1);
      List<Float> seen = new ArrayList<>();
      CapturedWork work =
          scope.own(
              device()
                  .capture(
                      () -> {
                        device().add(sum, step, sum);
                        device().onHost(() -> seen.add(sum.toArray()[2]));
                        device().onHost(() -> step.upload(new float[] {1, 1, 1 + seen.size()}));
                        device().add(sum, step, sum);
                      }));
      for (int run = 0; run < 4; run++) {
        work.run();
      }
      // the third element: 1; +1 +2, +2 +3, +3 +4, +4 +5
      assertEquals(List.of(1f, 5f, 11f, 19f), seen);
      assertArrayEquals(new float[] {8, 8, 24}, sum.toArray());
    }
  }

  /** Closed work is refused, and frees nothing twice. */
  @Test
  default void closedWorkIsRefused() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer buffer = scope.zeros(3);
      CapturedWork work = device().capture(() -> device().fill(buffer, 2));
      work.run();
      work.close();
      work.close();
      assertThrows(KlifException.class, work::run);
      CapturedWork never = device().capture(() -> device().fill(buffer, 3));
      never.close();
      assertArrayEquals(new float[] {2, 2, 2}, buffer.toArray());
    }
  }

  /** An error of the work itself reaches the caller, at the first run and after others. */
  @Test
  default void anErrorInTheWorkIsThrown() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer two = scope.zeros(2);
      Buffer three = scope.zeros(3);
      CapturedWork work = scope.own(device().capture(() -> device().add(two, three, two)));
      assertThrows(KlifException.class, work::run);
      device().fill(two, 1);
      assertArrayEquals(new float[] {1, 1}, two.toArray(), "the device goes on");
    }
  }

  /** Batches arrive in order, after the work before and ahead of the work after. */
  @Test
  default void batchesArriveInOrder() {
    int size = 3001;
    try (BufferScope scope = new BufferScope(device())) {
      Buffer images = scope.own(device().allocate(device().activationType(), size));
      Buffer labels = scope.ofInts(new int[7]);
      InputQueue queue = scope.own(device().inputQueue(images, labels));
      float[] batch = new float[size];
      int[] numbers = new int[7];
      int put = 0;
      for (int taken = 0; taken < 9; taken++) {
        while (put < 9 && queue.waiting() < InputQueue.CAPACITY) {
          Arrays.fill(batch, put);
          Arrays.fill(numbers, put);
          queue.put(batch, numbers);
          // the arrays are free again
          Arrays.fill(batch, -1);
          Arrays.fill(numbers, -1);
          put++;
        }
        queue.take();
        float[] expected = new float[size];
        Arrays.fill(expected, taken);
        assertArrayEquals(expected, images.toArray(), "images");
        assertEquals(Math.min(2, 9 - taken) - 1, queue.waiting(), "after " + taken);
        assertLabels(scope, labels, taken);
      }
    }
  }

  /** Labels cannot be downloaded; a loss sees them: all are right where all are equal to taken. */
  private void assertLabels(BufferScope scope, Buffer labels, int taken) {
    Loss loss = scope.own(device().loss(new Loss.Spec(Loss.Kind.MSE, 1, 7, 9)));
    Buffer output = scope.own(device().allocate(device().activationType(), 63));
    float[] hot = new float[63];
    for (int i = 0; i < 7; i++) {
      hot[9 * i + taken] = 1;
    }
    output.upload(hot);
    Buffer result = scope.zeros(2);
    loss.forward(output, labels, scope.zeros(63), result);
    assertArrayEquals(new float[] {0, 7}, result.toArray(), "labels of batch " + taken);
  }

  /** Too many, too few, another size. */
  @Test
  default void wrongUseOfAQueueIsRefused() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer images = scope.own(device().allocate(device().activationType(), 4));
      Buffer labels = scope.ofInts(0, 0);
      InputQueue queue = device().inputQueue(images, labels);
      assertThrows(KlifException.class, queue::take);
      assertThrows(KlifException.class, () -> queue.put(new float[3], new int[2]));
      assertThrows(KlifException.class, () -> queue.put(new float[4], new int[3]));
      queue.put(new float[] {1, 2, 3, 4}, new int[] {1, 2});
      queue.put(new float[] {5, 6, 7, 8}, new int[] {3, 4});
      assertThrows(KlifException.class, () -> queue.put(new float[4], new int[2]));
      queue.take();
      assertArrayEquals(new float[] {1, 2, 3, 4}, images.toArray());
      queue.close(); // one still waits
      queue.close();
      assertThrows(KlifException.class, () -> queue.put(new float[4], new int[2]));
    }
  }

  /** Each result is what the buffers held when it was put, whatever was given since. */
  @Test
  default void resultsArriveInOrder() {
    int size = 1003;
    try (BufferScope scope = new BufferScope(device())) {
      Buffer sums = scope.zeros(size);
      Buffer one = scope.zeros(size);
      device().fill(one, 1);
      Buffer last = scope.activations(3);
      OutputQueue queue = scope.own(device().outputQueue(List.of(last, sums)));
      float[] lasts = new float[3];
      float[] values = new float[size];
      int put = 0;
      for (int taken = 0; taken < 9; taken++) {
        while (put < 9 && queue.waiting() < OutputQueue.CAPACITY) {
          put++;
          device().add(sums, one, sums);
          device().fill(last, put);
          queue.put();
        }
        device().fill(last, -1);
        queue.take(lasts, values);
        float[] expected = new float[size];
        Arrays.fill(expected, taken + 1);
        assertArrayEquals(expected, values, "sums");
        assertArrayEquals(new float[] {taken + 1, taken + 1, taken + 1}, lasts, "last");
        assertEquals(put - taken - 1, queue.waiting(), "after " + taken);
      }
      assertArrayEquals(new float[] {-1, -1, -1}, last.toArray());
    }
  }

  /** Too many, too few, other sizes, integers. */
  @Test
  default void wrongUseOfResultsIsRefused() {
    try (BufferScope scope = new BufferScope(device())) {
      Buffer buffer = scope.of(1, 2, 3);
      OutputQueue queue = device().outputQueue(List.of(buffer));
      float[] values = new float[3];
      assertThrows(KlifException.class, () -> queue.take(values));
      queue.put();
      queue.put();
      assertThrows(KlifException.class, queue::put);
      assertThrows(KlifException.class, () -> queue.take(new float[2]));
      assertThrows(KlifException.class, () -> queue.take(values, values));
      assertEquals(2, queue.waiting());
      queue.take(values);
      assertArrayEquals(new float[] {1, 2, 3}, values);
      queue.drop();
      assertThrows(KlifException.class, () -> queue.take(values));
      queue.put();
      queue.close(); // one still waits
      queue.close();
      assertThrows(KlifException.class, queue::put);
      Buffer labels = scope.ofInts(1, 2);
      assertThrows(KlifException.class, () -> device().outputQueue(List.of(labels)));
    }
  }
}
