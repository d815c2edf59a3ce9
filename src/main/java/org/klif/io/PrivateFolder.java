package org.klif.io;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.klif.KlifException;

/**
 * A folder whose files may be run or trusted, since nobody but this user (and root) can have put
 * them there: it belongs to the user, nobody else can enter it, it is no link, and nobody else can
 * put another folder in its place. The same holds for each of its files.
 */
public final class PrivateFolder {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final int TYPE = 0170000;
  private static final int IS_FOLDER = 0040000;
  private static final int IS_LINK = 0120000;
  private static final int IS_FILE = 0100000;
  private static final int STICKY = 01000;
  private static final int OTHERS_WRITE = 0002;
  private static final int GROUP_WRITES = 0020;
  private static final int NOT_OWNER = 0077;

  private final Path path;
  private final String remedy;

  private PrivateFolder(Path path, String remedy) {
    this.path = path;
    this.remedy = remedy;
  }

  /**
   * Opens a folder, made with its parents if it is not there. One of the user's own that others can
   * read, but not write, is closed to them.
   *
   * @param remedy ends the sentence of a refusal: "name another folder with KLIF_CACHE"
   * @throws KlifException when it cannot be made, or is not private
   */
  public static PrivateFolder of(Path path, String remedy) {
    Path whole = path.toAbsolutePath().normalize();
    PrivateFolder folder = new PrivateFolder(whole, remedy);
    try {
      folder.create(whole);
      folder.requireSafe();
      return folder;
    } catch (IOException e) {
      throw new KlifException(
          "cannot make the folder %s: %s; %s".formatted(whole, AtomicFile.reason(e), remedy), e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * A file of this folder that only the user can have written, empty when there is none.
   *
   * @throws KlifException when it belongs to somebody else, others can write it, or it is no file
   */
  public Optional<Path> file(String name) {
    Path file = path.resolve(name);
    try {
      Owned owned = Owned.of(file);
      if (!owned.is(IS_FILE)) {
        throw refused(file, owned.is(IS_LINK) ? "is a link" : "is no file");
      }
      if (owned.uid != user()) {
        throw refused(file, "belongs to another user (number %d)".formatted(owned.uid));
      }
      if ((owned.mode & (GROUP_WRITES | OTHERS_WRITE)) != 0) {
        throw refused(file, "can be written by others");
      }
      return Optional.of(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new KlifException(
          "cannot read %s: %s; %s".formatted(file, AtomicFile.reason(e), remedy), e);
    }
  }

  /** What a {@link #file} holds, empty when there is none. */
  public Optional<byte[]> read(String name) {
    Optional<Path> file = file(name);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (SeekableByteChannel channel =
        Files.newByteChannel(file.get(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of(Channels.newInputStream(channel).readAllBytes());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new KlifException(
          "cannot read %s: %s; %s".formatted(file.get(), AtomicFile.reason(e), remedy), e);
    }
  }

  /**
   * Replaces a file, whole or not at all, by one that only the user can read and write.
   *
   * @throws KlifException when it cannot be written; an old file is then untouched
   */
  public void write(String name, byte[] bytes) {
    AtomicFile.writePrivate(path.resolve(name), bytes);
  }

  /**
   * Adds to the end of a file, made where there is none, in one write: of two processes that add
   * something, neither is lost.
   *
   * @throws KlifException when it cannot be written, or is not private
   */
  public void append(String name, byte[] bytes) {
    Path file = file(name).orElse(path.resolve(name));
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new KlifException("cannot write %s: %s".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private void create(Path folder) throws IOException {
    Path parent = folder.getParent();
    if (parent != null && !Files.isDirectory(parent)) {
      create(parent);
    }
    try {
      // with the mode from the beginning: no moment at which others can enter
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(FOLDER));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw new NotDirectoryException(folder.toString());
      }
    }
  }

  private void requireSafe() throws IOException {
    Owned own = Owned.of(path);
    if (!own.is(IS_FOLDER)) {
      throw refused(path, "is a link");
    }
    if (own.uid != user()) {
      throw refused(path, "belongs to another user (number %d)".formatted(own.uid));
    }
    if (own.othersWrite(path)) {
      throw refused(
          path,
          "can be written by others, so what lies in it may be theirs; remove it (rm -r %s)"
              .formatted(path));
    }
    Path parent = path.getParent();
    requireSafeAncestors(parent);
    requireSafeAncestors(parent == null ? null : parent.toRealPath());
    if ((own.mode & NOT_OWNER) != 0) {
      Files.setPosixFilePermissions(path, FOLDER);
    }
  }

  /** Whoever can rename in one of these folders can put another folder in the place of this one. */
  private void requireSafeAncestors(Path first) throws IOException {
    for (Path one = first; one != null; one = one.getParent()) {
      Owned owned = Owned.of(one);
      if (owned.uid != user() && owned.uid != 0 && !isRootOutside(owned.uid)) {
        throw refused(
            path,
            "is not safe: %s belongs to another user (number %d), who can replace it"
                .formatted(one, owned.uid));
      }
      if (owned.is(IS_FOLDER) && (owned.mode & STICKY) == 0 && owned.othersWrite(one)) {
        throw refused(path, "is not safe: others can write into %s and replace it".formatted(one));
      }
    }
  }

  private KlifException refused(Path what, String why) {
    return new KlifException("%s %s; %s".formatted(what, why, remedy));
  }

  private static long user() {
    return new UnixSystem().getUid();
  }

  /** In a container without root's number, its files show the number for all that are unknown. */
  private static boolean isRootOutside(long uid) throws IOException {
    Path map = Path.of("/proc/self/uid_map");
    Path unknown = Path.of("/proc/sys/kernel/overflowuid");
    return Files.isReadable(map)
        && Files.isReadable(unknown)
        && !Files.readString(map).strip().matches("0\\s+0\\s+4294967295")
        && Files.readString(unknown).strip().equals(Long.toString(uid));
  }

  /** What the system knows of a file, a folder or a link, which is not followed. */
  private record Owned(int mode, long uid) {
    static Owned of(Path path) throws IOException {
      Map<String, Object> all =
          Files.readAttributes(path, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
      return new Owned((Integer) all.get("mode"), Integer.toUnsignedLong((Integer) all.get("uid")));
    }

    boolean is(int type) {
      return (mode & TYPE) == type;
    }

    /** A group of the owner's name has no other member: systems make one for each user. */
    boolean othersWrite(Path path) throws IOException {
      if ((mode & OTHERS_WRITE) != 0) {
        return true;
      }
      if ((mode & GROUP_WRITES) == 0) {
        return false;
      }
      PosixFileAttributes names =
          Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return !names.group().getName().equals(names.owner().getName());
    }
  }
}
