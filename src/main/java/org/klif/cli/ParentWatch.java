package org.klif.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import org.klif.io.NoLinks;

/**
 * A process that another Klif has started ends with it: the parent holds the other end of standard
 * input, and the system closes that end when the parent ends, in whatever way. What is under way is
 * then stopped as by Ctrl-C, with a checkpoint. Until it has ended, the process has a file locked,
 * so that a new parent can wait for it.
 */
final class ParentWatch implements Runnable {
  /** The file to be locked; set for processes that have a parent. */
  private static final String PROPERTY = "klif.child";

  /** As sysexits.h has it: try again later. */
  private static final int BUSY = 75;

  private final FileChannel locked;

  private ParentWatch(FileChannel locked) {
    this.locked = locked;
  }

  /** Begins to watch when this process has a parent. */
  static void begin() {
    String file = System.getProperty(PROPERTY, "");
    if (file.isEmpty()) {
      return;
    }
    try {
      FileChannel channel = NoLinks.open(Path.of(file));
      FileLock lock = channel.tryLock();
      if (lock == null) {
        // a process whose parent is gone still has the run; the parent starts this one again
        System.exit(BUSY);
      }
      Thread thread = new Thread(new ParentWatch(channel), "klif-parent");
      thread.setDaemon(true);
      thread.start();
    } catch (IOException e) {
      System.err.println("klif: Cannot lock " + file + ": " + e.getMessage());
      System.exit(KlifCommand.FAILED);
    }
  }

  @Override
  public void run() {
    try {
      while (System.in.read() >= 0) {
        // the parent sends nothing; all that counts is the end
      }
    } catch (IOException e) {
      // no input to read from, so no parent either
    } finally {
      // the hooks wait until the command has saved what it needs
      if (locked.isOpen()) {
        System.exit(KlifCommand.INTERRUPTED);
      }
    }
  }
}
