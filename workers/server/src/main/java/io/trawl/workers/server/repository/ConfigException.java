package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import java.io.Serial;
import java.util.Optional;

/** A model cannot be loaded as it is configured; the message says what to change. */
public final class ConfigException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private static final int MAX_LENGTH = 4000;

  private final String reason;

  /** The configuration with its faults, where it could be read. */
  private final transient Optional<ModelConfig> asRead;

  ConfigException(String message) {
    this(message, Optional.empty());
  }

  ConfigException(String message, Optional<ModelConfig> asRead) {
    super(message);
    this.reason = printable(message);
    this.asRead = asRead;
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
    this.reason = printable(message);
    this.asRead = Optional.empty();
  }

  /**
   * One line of bounded length: a reason goes into the log, into the repository's index and into
   * the status of calls, and quotes what may be any bytes.
   */
  static String printable(String message) {
    StringBuilder line = new StringBuilder();
    message.strip().codePoints().limit(MAX_LENGTH).forEach(each -> append(line, each));
    return message.length() > MAX_LENGTH ? line.append('…').toString() : line.toString();
  }

  private static void append(StringBuilder line, int character) {
    switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          line.append("\\u%04x".formatted(character));
      default -> line.appendCodePoint(character);
    }
  }

  Optional<ModelConfig> asRead() {
    return asRead;
  }

  @Override
  public String getMessage() {
    return reason;
  }
}
