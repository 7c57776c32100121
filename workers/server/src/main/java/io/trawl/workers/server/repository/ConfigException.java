package io.trawl.workers.server.repository;

import java.io.Serial;

/** A model cannot be loaded as it is configured; the message says what to change. */
public final class ConfigException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private static final int MAX_LENGTH = 4000;

  private final String reason;

  ConfigException(String message) {
    super(message);
    this.reason = printable(message);
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
    this.reason = printable(message);
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

  @Override
  public String getMessage() {
    return reason;
  }
}
