package org.klif.device.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import jcuda.JCudaVersion;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/**
 * JCuda's native parts. JCuda unpacks them into the folder for temporary files and trusts a file
 * that is there already, whoever put it there. So each is unpacked here into a new folder that only
 * this user can enter, JCuda is pointed to that folder while it loads the file, and the folder is
 * deleted.
 */
final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaNatives() {}

  /**
   * Loads a native part.
   *
   * @param library its name, as JCudaDriver
   * @param edit changes the file's bytes
   * @param initialise makes JCuda load it, by using the class for the first time
   */
  static synchronized void load(String library, UnaryOperator<byte[]> edit, Runnable initialise) {
    String name = "lib%s-%s-linux-x86_64.so".formatted(library, JCudaVersion.get());
    String temporary = System.getProperty(TEMPORARY);
    try {
      Path folder = Files.createTempDirectory("klif-cuda-");
      Path file = folder.resolve(name);
      try {
        AtomicFile.write(file, edit.apply(read(name)));
        System.setProperty(TEMPORARY, folder.toString());
        initialise.run();
      } finally {
        System.setProperty(TEMPORARY, temporary);
        Files.deleteIfExists(file);
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new KlifException(
          "cannot unpack %s into %s; make room there, or name another folder with JAVA_TOOL_OPTIONS=-D%s=DIR"
              .formatted(name, temporary, TEMPORARY),
          e);
    } catch (LinkageError e) {
      throw new KlifException(
          "cannot load %s from %s: %s; if programs may not run from there, name another folder with JAVA_TOOL_OPTIONS=-D%s=DIR"
              .formatted(name, temporary, firstLine(e), TEMPORARY),
          e);
    }
  }

  private static byte[] read(String name) throws IOException {
    try (InputStream in = JCudaNatives.class.getResourceAsStream("/lib/" + name)) {
      if (in == null) {
        throw new KlifException(
            "%s is in none of Klif's jars; build Klif again (mvn package)".formatted(name));
      }
      return in.readAllBytes();
    }
  }

  private static String firstLine(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse("");
  }
}
