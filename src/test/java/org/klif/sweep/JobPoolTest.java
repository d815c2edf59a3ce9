package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** How a pool starts, stops and ends jobs; none of them trains. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class JobPoolTest {
  @TempDir Path folder;

  private static List<Job> jobs(int number) {
    SweepFile file =
        SweepFile.parse(
            "sweep.yaml",
            "name: x\nbase: digits\nrandom: {count: 90, ranges: {T: {integer: [1, 99]}}}\n",
            Path.of(""));
    return SweepPlan.of(file, SweepPlan.Options.NONE).jobs().subList(0, number);
  }

  private JobPool open(JobRunner runner, int atOnce, AtomicBoolean stop) {
    return JobPool.open(folder, runner, atOnce, JobListener.NONE, stop::get);
  }

  @Test
  void startsInOrderSoManyAtOnce() {
    List<String> started = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch three = new CountDownLatch(3);
    JobRunner runner =
        (job, path, progress) -> {
          started.add(job.id());
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          three.countDown();
          three.await();
          running.decrementAndGet();
        };
    List<Job> jobs = jobs(9);
    try (JobPool pool = open(runner, 3, new AtomicBoolean())) {
      assertTrue(pool.run(jobs).stream().allMatch(JobResult::isDone));
    }
    assertEquals(3, most.get());
    List<String> first = new ArrayList<>(started.subList(0, 3));
    Collections.sort(first);
    List<String> expected = new ArrayList<>(jobs.subList(0, 3).stream().map(Job::id).toList());
    Collections.sort(expected);
    assertEquals(expected, first);
  }

  @Test
  void aStopInterruptsWhatRunsAndStartsNothingMore() {
    AtomicBoolean stop = new AtomicBoolean();
    JobRunner runner =
        (job, path, progress) -> {
          stop.set(true);
          new CountDownLatch(1).await();
        };
    try (JobPool pool = open(runner, 1, stop)) {
      assertEquals(
          List.of(JobResult.Kind.INTERRUPTED, JobResult.Kind.WAITING, JobResult.Kind.WAITING),
          pool.run(jobs(3)).stream().map(JobResult::kind).toList());
    }
  }

  @Test
  void aStopInTheMiddleOfAReadIsAnInterruptionToo() {
    AtomicBoolean stop = new AtomicBoolean();
    JobRunner runner =
        (job, path, progress) -> {
          stop.set(true);
          while (true) {
            try (FileChannel channel =
                FileChannel.open(
                    folder.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
              channel.write(ByteBuffer.allocate(1));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    try (JobPool pool = open(runner, 1, stop)) {
      assertEquals(
          List.of(JobResult.Kind.INTERRUPTED, JobResult.Kind.WAITING),
          pool.run(jobs(2)).stream().map(JobResult::kind).toList());
    }
  }

  @Test
  void afterAFaultOfTheProgramAllRunsHaveEndedBeforeTheFolderIsFree() throws Exception {
    CountDownLatch other = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    List<Job> jobs = jobs(2);
    JobRunner runner =
        (job, path, progress) -> {
          if (job.id().equals(jobs.get(0).id())) {
            other.await();
            throw new IllegalStateException("a fault");
          }
          other.countDown();
          try {
            new CountDownLatch(1).await();
          } finally {
            ended.set(true);
          }
        };
    try (JobPool pool = open(runner, 2, new AtomicBoolean())) {
      assertThrows(IllegalStateException.class, () -> pool.run(jobs));
      assertTrue(ended.get());
    }
  }

  @Test
  void tablesThatCannotBeWrittenAreOneSentence() {
    JobListener full =
        new JobListener() {
          @Override
          public void started(Job job) {}

          @Override
          public void epochs(Job job, int epochs, double testAccuracy, double testLoss) {}

          @Override
          public void ended(JobResult result) {
            throw new KlifException("Cannot write results.csv: No space left on device");
          }
        };
    try (JobPool pool = JobPool.open(folder, (job, path, progress) -> {}, 1, full, () -> false)) {
      String message = assertThrows(KlifException.class, () -> pool.run(jobs(2))).getMessage();
      assertEquals("Cannot write results.csv: No space left on device", message);
    }
  }
}
