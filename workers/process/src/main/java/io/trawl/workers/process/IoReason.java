package io.trawl.workers.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/** Why a file could not be used or a server not be asked, for a person: no name of a class. */
public final class IoReason {

  private static final String UNKNOWN = "no reason is given";

  private IoReason() {}

  /** The reason alone, for a sentence that names the file. */
  public static String of(IOException failed) {
    return switch (failed) {
      case NoSuchFileException _ -> "it is not there";
      case AccessDeniedException _ -> "access is denied";
      case NotDirectoryException _ -> "it is no folder";
      case FileAlreadyExistsException _ -> "it is there already";
      case DirectoryNotEmptyException _ -> "it is a folder that is not empty";
      case CharacterCodingException _ -> "it is not UTF-8 text";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> said(failed);
    };
  }

  /** A whole sentence, which names the file where the failure does. */
  public static String sentence(IOException failed) {
    return failed instanceof FileSystemException known && known.getFile() != null
        ? known.getFile() + ": " + of(failed)
        : of(failed);
  }

  /** The same of what wraps it. */
  public static String sentence(UncheckedIOException failed) {
    return failed.getCause() instanceof IOException cause ? sentence(cause) : UNKNOWN;
  }

  /** Many wrap what says more than they do. */
  private static String said(IOException failed) {
    for (@Nullable Throwable each = failed; each != null; each = each.getCause()) {
      if (each.getMessage() != null) {
        return each.getMessage();
      }
    }
    return UNKNOWN;
  }
}
