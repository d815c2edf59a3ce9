package org.klif.data;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;

/**
 * Fetches the files of a data set. Each file is tried at one source after the other until its sum
 * is right; it is written as {@code NAME.part}, and renamed when complete, so that a file under its
 * own name is always whole. An interrupted download leaves the part and the next one continues it,
 * at any source; a full disk leaves nothing.
 */
final class Downloader {
  private static final Duration TO_CONNECT = Duration.ofSeconds(10);
  private static final String DEBIAN = "debian:";

  private final StallGuard.Pace pace;
  private final DebianPackage.Commands commands;
  private final Map<String, String> environment;

  /** A downloader for this machine. */
  Downloader() {
    this(StallGuard.Pace.USUAL, DebianPackage::process, System.getenv());
  }

  /**
   * A downloader.
   *
   * @param pace what a source must keep up
   * @param commands runs apt-get and dpkg-deb
   * @param environment names proxies: http_proxy, https_proxy, no_proxy
   */
  Downloader(
      StallGuard.Pace pace, DebianPackage.Commands commands, Map<String, String> environment) {
    this.pace = pace;
    this.commands = commands;
    this.environment = environment;
  }

  /**
   * Brings all files of a set into {@code folder}; files that are right already stay.
   *
   * @throws KlifException when a file cannot be had from any source (each is listed with its
   *     reason) or written
   */
  void fetch(CatalogueEntry entry, Path folder, DownloadProgress progress) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw PartFile.cannotWrite(folder, e);
    }
    try (Session session = new Session(entry, folder, progress)) {
      for (DataFile file : entry.files()) {
        if (FileCheck.of(file, folder.resolve(file.name())).ok()) {
          progress.note(file.name() + " is there already");
        } else {
          session.fetch(file);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("the download was interrupted; run it again to continue", e);
    }
  }

  /** One call of {@link #fetch}: a Debian package is fetched once for all files. */
  private final class Session implements AutoCloseable {
    private final CatalogueEntry entry;
    private final Path folder;
    private final DownloadProgress progress;
    private final HttpClient client;
    private DebianPackage debian;

    /**
     * Sources that nothing can be had from: asking again for the next file would only cost time.
     */
    private final Map<String, IOException> unreachable = new HashMap<>();

    Session(CatalogueEntry entry, Path folder, DownloadProgress progress) {
      this.entry = entry;
      this.folder = folder;
      this.progress = progress;
      this.client =
          HttpClient.newBuilder()
              .followRedirects(HttpClient.Redirect.NORMAL)
              .connectTimeout(TO_CONNECT)
              .proxy(new EnvironmentProxies(environment))
              .build();
    }

    void fetch(DataFile file) throws InterruptedException {
      List<String> reasons = new ArrayList<>();
      try (PartFile part = PartFile.open(folder.resolve(file.name()))) {
        if (part.size() >= file.size()) {
          if (FileCheck.of(file, part.path()).ok()) {
            part.publish();
            return;
          }
          part.restart();
        }
        requireRoom(file, part);
        for (String source : entry.sources()) {
          try {
            fetch(file, part, source);
            return;
          } catch (IOException e) {
            String reason = source + ": " + HttpSource.reason(e);
            progress.note(file.name() + " not from " + reason);
            reasons.add(reason);
          }
        }
        throw failure(file, part, reasons);
      }
    }

    private void fetch(DataFile file, PartFile part, String source)
        throws IOException, InterruptedException {
      if (unreachable.containsKey(source)) {
        throw unreachable.get(source);
      }
      if (source.startsWith(DEBIAN)) {
        fromDebian(file, part, source);
        return;
      }
      HttpSource http = new HttpSource(client, URI.create(source), pace);
      boolean resumed = part.size() > 0;
      try {
        http.fetch(file, part, progress);
      } catch (ConnectException | HttpConnectTimeoutException e) {
        unreachable.put(source, e);
        throw e;
      }
      FileCheck check = FileCheck.of(file, part.path());
      if (!check.ok() && resumed) {
        // The beginning came from an earlier attempt and may be at fault.
        part.restart();
        http.fetch(file, part, progress);
        check = FileCheck.of(file, part.path());
      }
      if (!check.ok()) {
        part.restart();
        throw new IOException("wrong checksum: " + check.detail());
      }
      part.publish();
    }

    private void fromDebian(DataFile file, PartFile part, String source)
        throws IOException, InterruptedException {
      if (debian == null) {
        String name = source.substring(DEBIAN.length());
        progress.note("fetching the Debian package " + name);
        try {
          debian = DebianPackage.fetch(name, folder, commands);
        } catch (IOException e) {
          unreachable.put(source, e);
          throw e;
        }
      }
      Path unpacked = debian.file(file.name());
      FileCheck check = FileCheck.of(file, unpacked);
      if (!check.ok()) {
        throw new IOException("wrong checksum: " + check.detail());
      }
      Files.move(
          unpacked,
          folder.resolve(file.name()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      part.discard();
      progress.bytes(file.name(), file.size(), file.size());
    }

    private void requireRoom(DataFile file, PartFile part) {
      long missing = file.size() - part.size();
      try {
        long room = Files.getFileStore(folder).getUsableSpace();
        if (room < missing) {
          throw PartFile.cannotWrite(
              folder.resolve(file.name()),
              new IOException(
                  "it needs %d more bytes, but the disk has %d".formatted(missing, room)));
        }
      } catch (IOException e) {
        progress.note("cannot tell how much room " + folder + " has");
      }
    }

    private KlifException failure(DataFile file, PartFile part, List<String> reasons) {
      String kept =
          part.size() == 0
              ? ""
              : " (%d of %d bytes are kept in %s)".formatted(part.size(), file.size(), part.path());
      return new KlifException(
          "cannot fetch %s of %s:%n  %s%nrun the command again to continue%s, or put the files of %s into %s"
              .formatted(
                  file.name(),
                  entry.name(),
                  String.join(System.lineSeparator() + "  ", reasons),
                  kept,
                  entry.name(),
                  folder));
    }

    @Override
    public void close() {
      if (debian != null) {
        try {
          debian.close();
        } catch (IOException e) {
          progress.note("cannot remove the unpacked Debian package in " + folder);
        }
      }
    }
  }
}
