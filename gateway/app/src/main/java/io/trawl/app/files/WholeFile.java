package io.trawl.app.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files so that whoever looks, and whoever has the file of before open or mapped, sees all
 * of the old bytes or all of the new ones: aside, in the same directory, and renamed.
 */
public final class WholeFile {

  /** Nobody reads what is named so: it is on its way, or its writer died. */
  private static final String PARTIAL = ".partial";

  private WholeFile() {}

  /** Where what will be a file or directory of this name is written before it is whole. */
  public static Path aside(Path target) {
    var whole = target.toAbsolutePath();
    return whole.resolveSibling(
        "." + whole.getFileName() + "." + ProcessHandle.current().pid() + PARTIAL);
  }

  public static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Devices and pipes, such as {@code /dev/stdout}, are written to as they are. */
  public static void write(Path target, byte[] bytes) throws IOException {
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      Files.write(target, bytes);
      return;
    }
    // What is replaced is the file, and not a link to it.
    var file = Files.exists(target) ? target.toRealPath() : target;
    var aside = aside(file);
    try {
      forced(aside, bytes);
      move(aside, file);
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  private static void forced(Path file, byte[] bytes) throws IOException {
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      var rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    }
  }

  /** Puts what was written aside in its place, in one step. */
  public static void move(Path aside, Path target) throws IOException {
    Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
