package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/**
 * Fetches files below one address, continuing where an earlier attempt ended (HTTP range requests).
 *
 * @param base address of the folder, ending in a slash
 * @param pace below which the attempt is given up
 */
record HttpSource(HttpClient client, URI base, StallGuard.Pace pace) {
  /**
   * Completes the part to the file's full size; its sum is the caller's to check.
   *
   * @throws IOException when the source fails; what has arrived stays in the part
   */
  void fetch(DataFile file, PartFile part, DownloadProgress progress)
      throws IOException, InterruptedException {
    if (part.size() >= file.size()) {
      part.restart();
    }
    HttpResponse<InputStream> response = request(file, part.size());
    if (part.size() > 0 && !continues(response, file, part.size())) {
      part.restart();
      if (response.statusCode() != 200) {
        response.body().close();
        response = request(file, 0);
      }
    }
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200 && response.statusCode() != 206) {
        throw new IOException("HTTP status " + response.statusCode());
      }
      long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
      if (length >= 0 && part.size() + length != file.size()) {
        throw new IOException(
            "it offers %d bytes instead of %d".formatted(part.size() + length, file.size()));
      }
      receive(body, file, part, progress);
    }
  }

  private HttpResponse<InputStream> request(DataFile file, long from)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(file.name()));
    request.timeout(pace.silence());
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
  }

  /** True when the answer is the rest of the same file. */
  private static boolean continues(HttpResponse<?> response, DataFile file, long from) {
    String range = "bytes %d-%d/%d".formatted(from, file.size() - 1, file.size());
    return response.statusCode() == 206
        && response.headers().firstValue("Content-Range").orElse("").equals(range);
  }

  private void receive(InputStream body, DataFile file, PartFile part, DownloadProgress progress)
      throws IOException {
    byte[] buffer = new byte[65_536];
    long done = part.size();
    try (StallGuard guard = new StallGuard(body, pace)) {
      while (true) {
        progress.bytes(file.name(), done, file.size());
        int count = guard.read(buffer);
        if (count < 0) {
          break;
        }
        done += count;
        if (done > file.size()) {
          part.restart();
          throw new IOException("it sends more than " + file.size() + " bytes");
        }
        part.append(buffer, count);
      }
    }
    if (done < file.size()) {
      throw new IOException("it ended after %d of %d bytes".formatted(done, file.size()));
    }
  }

  /** Why an attempt failed, in words; the JDK leaves several messages empty. */
  static String reason(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return "unknown host";
      }
    }
    if (e instanceof ConnectException) {
      return "cannot connect";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "the folder does not exist";
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
