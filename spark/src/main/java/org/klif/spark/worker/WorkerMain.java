package org.klif.spark.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.shard.Exchange;
import org.klif.train.ShardedTraining;

/**
 * One worker of data-parallel training, in a process that an executor starts. Its first line of
 * input is the token of the training; it answers with a line {@code address HOST:PORT}; the second
 * line of input has the addresses of all workers, itself among them. Then it trains. It ends at
 * once when its input ends, which is when its executor is gone.
 */
public final class WorkerMain {
  /** What the line with the address begins with. */
  public static final String ADDRESS = "address ";

  private static final int FAILED = 1;
  private static final int ABANDONED = 130;
  private static final long SECONDS_FOR_PREDECESSOR = 60;
  private static final int POLL_MILLIS = 50;

  /**
   * Arguments of the process.
   *
   * @param config the run's configuration, a file
   * @param folder of the run
   * @param lock file that a worker holds locked, so that two never are the same one
   * @param worker which this is, from 0
   * @param host by which the others reach this machine
   * @param timeout longest wait for another worker
   */
  public record Arguments(
      Path config, Path folder, Path lock, int worker, String host, Duration timeout) {
    /** As words of a command line. */
    public List<String> words() {
      return List.of(
          config.toString(),
          folder.toString(),
          lock.toString(),
          Integer.toString(worker),
          host,
          Long.toString(timeout.toSeconds()));
    }

    static Arguments parse(String[] words) {
      return new Arguments(
          Path.of(words[0]),
          Path.of(words[1]),
          Path.of(words[2]),
          Integer.parseInt(words[3]),
          words[4],
          Duration.ofSeconds(Long.parseLong(words[5])));
    }
  }

  /** Runs one worker and exits: 0 done, 1 something found while working. */
  public static void main(String[] words) {
    Locale.setDefault(Locale.ROOT);
    int code = 0;
    try {
      run(Arguments.parse(words));
    } catch (KlifException e) {
      System.err.println("klif: " + e.getMessage());
      code = FAILED;
    } catch (RuntimeException | Error | IOException | InterruptedException e) {
      System.err.println("klif: internal error: " + e);
      e.printStackTrace();
      code = FAILED;
    }
    // not exit: it would wait for hooks of libraries while the other workers wait for this one
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }

  private static void run(Arguments arguments) throws IOException, InterruptedException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (FileChannel lock = lock(arguments.lock());
        Peers peers = Peers.listen(arguments.host(), line(input), arguments.timeout())) {
      System.out.println(ADDRESS + peers.address());
      System.out.flush();
      List<String> addresses = List.of(line(input).split(" "));
      endWithInput(input);
      peers.connect(arguments.worker(), addresses);
      train(arguments, peers);
      if (!lock.isOpen()) {
        throw new IllegalStateException("the lock is gone");
      }
    }
  }

  private static void train(Arguments arguments, Peers peers) {
    RunConfig config = RunFolder.configTree(arguments.config()).build();
    RunFolder folder = new RunFolder(arguments.folder());
    if (arguments.worker() == 0) {
      folder.removeUnstarted();
    }
    try (Exchange exchange = new PeerExchange(peers, config.shards(), arguments.worker())) {
      try {
        // what may run is said by the driver, in the environment
        Trust trust = Trust.of(Set.of(), false, line -> {});
        ShardedTraining.run(config, folder, exchange, trust, new WorkerLog(), () -> false);
      } catch (RuntimeException | Error e) {
        peers.abort();
        throw e;
      }
    }
  }

  private static String line(BufferedReader input) throws IOException {
    String line = input.readLine();
    if (line == null) {
      throw new KlifException("the executor is gone");
    }
    return line;
  }

  private static void endWithInput(BufferedReader input) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (input.readLine() != null) {
                  // nothing more is said; all that counts is the end
                }
              } catch (IOException e) {
                // no input to read from, so no executor either
              } finally {
                // files are written whole or not at all, so this may be at any moment
                Runtime.getRuntime().halt(ABANDONED);
              }
            },
            "klif-executor-watch");
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits for a process that was this worker in an earlier try and has not quite ended. */
  private static FileChannel lock(Path file) throws IOException, InterruptedException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS_FOR_PREDECESSOR).toNanos();
    while (channel.tryLock() == null) {
      if (System.nanoTime() > end) {
        channel.close();
        throw new KlifException(
            "another process is training in this run: it holds %s; end it, or train in another folder"
                .formatted(file));
      }
      Thread.sleep(POLL_MILLIS);
    }
    return channel;
  }

  private WorkerMain() {}
}
