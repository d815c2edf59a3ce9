package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.CharBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What strangers wrote reaches a terminal as text. */
class ConsoleTest {
  /** Clears the screen, sets the title, goes to the line's start, deletes, turns the direction. */
  private static final String HOSTILE = "a\u001b[2J\u001b]0;t\u0007\rb\u007f\u009b1mc\u202ed";

  private static final String SHOWN = "a\\u001b[2J\\u001b]0;t\\u0007\\rb\\u007f\\u009b1mc\\u202ed";

  @TempDir Path folder;

  @Test
  void allWaysOfPrintingEscape() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream raw = new PrintStream(bytes, false, UTF_8);
    Console console = new Console(raw, raw, true);
    for (PrintStream out : List.of(console.out(), console.err())) {
      bytes.reset();
      Object object = CharBuffer.wrap(HOSTILE);
      out.print(HOSTILE);
      out.println(HOSTILE);
      out.printf("%s%n", HOSTILE);
      out.print(object);
      out.println(object);
      out.append(HOSTILE).append('\u001b');
      out.println(HOSTILE.toCharArray());
      out.print('\u0007');
      out.println("ümlaut \t tab, \ud83d\ude00");
      out.flush();
      String n = System.lineSeparator();
      assertEquals(
          SHOWN
              + SHOWN
              + n
              + SHOWN
              + n
              + SHOWN
              + SHOWN
              + n
              + SHOWN
              + "\\u001b"
              + SHOWN
              + n
              + "\\u0007ümlaut \t tab, \ud83d\ude00"
              + n,
          bytes.toString(UTF_8));
    }
    bytes.reset();
    console.control("\r\u001b[J");
    console.out().flush();
    assertEquals("\r\u001b[J", bytes.toString(UTF_8), "the program's own");
  }

  @Test
  void namesAndContentOfFilesInMessages() throws IOException {
    Cli cli = Cli.run("data", "stats", folder + "/x\u001b[31m.aedat", "--json");
    assertEquals(1, cli.code());
    assertTrue(cli.err().contains("x\\u001b[31m.aedat"), cli.err());
    assertClean(cli.out() + cli.err());
    assertTrue(cli.json().get("error").asText().contains("x\u001b[31m.aedat"), "JSON has its own");
    Path config =
        Files.writeString(folder.resolve("c.yaml"), "preset: \"\\e[2J\"\ndata: \"\\e[31m\"\n");
    cli = Cli.run("train", "--config", config.toString());
    assertEquals(1, cli.code(), cli.out() + cli.err());
    assertClean(cli.out() + cli.err());
  }

  /** A server, as a proxy, whose status line is not what HTTP has. */
  @Test
  void theStatusLineOfAServer() throws IOException, InterruptedException {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> answer(server));
      thread.setDaemon(true);
      thread.start();
      KlifProcess process =
          KlifProcess.run(
              Map.of(
                  "http_proxy", "http://127.0.0.1:" + server.getLocalPort(),
                  "https_proxy", "http://127.0.0.1:" + server.getLocalPort(),
                  "PATH", "/nonexistent"),
              "data",
              "get",
              "fashion-mnist",
              "--data",
              folder.toString());
      assertEquals(1, process.code(), process.output());
      assertTrue(process.output().contains("\\u001b[2J"), process.output());
      assertClean(process.output());
    }
  }

  private static void answer(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        int unused = socket.getInputStream().read(new byte[4096]);
        socket.getOutputStream().write("HTTP/1.1 \u001b[2J\u001b[31mowned\r\n\r\n".getBytes(UTF_8));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void assertClean(String printed) {
    assertFalse(
        printed.chars().anyMatch(c -> c != '\n' && c != '\t' && Character.isISOControl(c)),
        printed);
  }
}
