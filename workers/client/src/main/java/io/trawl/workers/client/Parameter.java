package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

/** A value beside the tensors of a request or an answer. Servers tell the kinds apart. */
public sealed interface Parameter {

  record Flag(boolean value) implements Parameter {}

  record Whole(long value) implements Parameter {}

  /** A whole number of 64 bits without a sign. */
  record Unsigned(long value) implements Parameter {}

  record Real(double value) implements Parameter {}

  record Text(String value) implements Parameter {
    public Text {
      requireNonNull(value, "value");
    }
  }
}
