package io.trawl.app;

import io.trawl.workers.process.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something outside keeps a verb from starting; the message is for a person. */
final class CannotStart extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CannotStart(String message) {
    super(message);
  }

  /** A value, or the sentence that refuses it. */
  static <T> T unlessRefused(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException refusal) {
      throw new CannotStart(refusal);
    }
  }

  /** Before hours of work whose outcome goes there. */
  static void requireFolderOf(@Nullable Path file) {
    if (file != null && !Files.isDirectory(file.toAbsolutePath().resolveSibling(""))) {
      throw new CannotStart(file + " cannot be written: its folder is not there");
    }
  }

  /** Before what is worse to wait for: ports, servers, models. */
  static void requireFolder(String option, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CannotStart("%s is '%s'; expected a folder".formatted(option, folder));
    }
  }

  /** What a refused value says of itself. */
  CannotStart(IllegalArgumentException refusal) {
    super(sentence(refusal));
  }

  static String sentence(@Nullable Throwable thrown) {
    return switch (thrown) {
      case IOException failed -> IoReason.sentence(failed);
      case UncheckedIOException failed -> IoReason.sentence(failed);
      case Throwable said when said.getMessage() != null -> said.getMessage();
      case null, default -> String.valueOf(thrown);
    };
  }
}
