package org.klif.spark;

import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/** A cluster of Spark, as a driver has it. */
final class Cluster implements AutoCloseable {
  private static final Pattern STANDALONE = Pattern.compile("([^,:/]+):(\\d{1,5})");
  private static final String SPARK = "spark://";
  private static final String LOCAL = "local-cluster";
  private static final int CONNECT_MILLIS = 5000;
  private static final int SECRET_BYTES = 32;

  /** Executors only wait for processes; the rest of a machine's memory is for these. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "spark.executor.memory", "512m",
          "spark.ui.enabled", "false",
          "spark.ui.showConsoleProgress", "false",
          // tasks of a barrier stage start together; until all executors are there, ask again soon
          "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "2s",
          "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "60");

  private final JavaSparkContext spark;

  private Cluster(JavaSparkContext spark) {
    this.spark = spark;
  }

  /**
   * Connects.
   *
   * @param options master and properties; they win over SPARK_HOME/conf/spark-defaults.conf, which
   *     wins over what Klif would take
   * @param name of the application, for people
   * @param notes hears which executors come and go
   * @throws KlifException when no master answers
   */
  static Cluster open(
      Installation installation, ClusterOptions options, String name, Consumer<String> notes) {
    requireMaster(options.master);
    SparkConf conf = new SparkConf();
    DEFAULTS.forEach(conf::set);
    defaults(installation.sparkHome().resolve("conf/spark-defaults.conf"))
        .forEach((key, value) -> conf.set(key.toString(), value.toString().strip()));
    options.conf.forEach(conf::set);
    conf.setMaster(options.master).setAppName(name);
    if (options.master.startsWith(LOCAL)) {
      authenticate(conf);
    }
    add(conf, "spark.executor.extraClassPath", installation.executorClassPath(), ":");
    add(conf, "spark.executor.extraJavaOptions", installation.executorOptions(), " ");
    try {
      JavaSparkContext spark = new JavaSparkContext(conf);
      spark.sc().addSparkListener(new ClusterNotes(notes));
      return new Cluster(spark);
    } catch (Exception e) {
      // all kinds: Scala does not declare the checked ones, such as SparkException
      throw new KlifException(
          "Spark does not start with master %s: %s".formatted(options.master, e.getMessage()), e);
    }
  }

  /** Keeps other users of this machine out of a cluster that lives as long as this process. */
  private static void authenticate(SparkConf conf) {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    conf.setIfMissing("spark.authenticate", "true");
    conf.setIfMissing("spark.authenticate.secret", HexFormat.of().formatHex(secret));
  }

  private static void add(SparkConf conf, String key, String value, String separator) {
    String given = conf.get(key, "");
    conf.set(key, given.isEmpty() ? value : given + separator + value);
  }

  private static Properties defaults(Path file) {
    Properties properties = new Properties();
    if (Files.exists(file)) {
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      } catch (IOException e) {
        throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
      }
    }
    return properties;
  }

  /** Spark would try for a minute and then end the program. */
  private static void requireMaster(String master) {
    if (!master.startsWith(SPARK)) {
      return;
    }
    Matcher addresses = STANDALONE.matcher(master.substring(SPARK.length()));
    String reason = "that is not spark://HOST:PORT";
    while (addresses.find()) {
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(addresses.group(1), Integer.parseInt(addresses.group(2))),
            CONNECT_MILLIS);
        return;
      } catch (IOException e) {
        reason = e.getMessage();
      }
    }
    throw new KlifException(
        "no master of Spark answers at %s (%s); is it started, and is the address the one that its log names?"
            .formatted(master, reason));
  }

  JavaSparkContext spark() {
    return spark;
  }

  /** CPUs of a task. */
  int taskCpus() {
    return spark.getConf().getInt("spark.task.cpus", 1);
  }

  @Override
  public void close() {
    spark.close();
  }
}
