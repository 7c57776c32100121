package io.trawl.workers.server.run;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** An inference library could not open or run a model; the message says why, to anybody. */
public final class BackendException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /** What a failure is about, and with that whether another run could end otherwise. */
  public enum Fault {
    /** The values that it was given; fewer of them may be good. */
    INPUT,
    /** The memory that runs have; fewer rows take less. */
    MEMORY,
    /** A run that failed, nobody knows why; fewer rows may be good. */
    RUN,
    /** The model, whatever it is given. */
    MODEL
  }

  private final String reason;
  private final Fault fault;

  public BackendException(String message) {
    this(Fault.MODEL, message, null);
  }

  public BackendException(String message, Throwable cause) {
    this(Fault.MODEL, message, cause);
  }

  public BackendException(Fault fault, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = message;
    this.fault = fault;
  }

  public Fault fault() {
    return fault;
  }

  @Override
  public String getMessage() {
    return reason;
  }
}
