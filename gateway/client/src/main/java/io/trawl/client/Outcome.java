package io.trawl.client;

import io.trawl.api.v1.BatchResult;
import io.trawl.api.v1.FieldError;
import io.trawl.api.v1.RetrieveResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a call ended, told apart by what to do next.
 *
 * @param <T> the message of an answer
 */
public sealed interface Outcome<T> {

  /** What happened, for a log line; empty for an answer. */
  String text();

  /** The answer, whole or labelled with what it leaves out. */
  record Answered<T>(T message) implements Outcome<T> {
    @Override
    public String text() {
      return "";
    }
  }

  /**
   * The request is wrong, and will be wrong again.
   *
   * @param errors what is wrong with which field, as far as a gRPC trailer could hold it; empty
   *     where the request as a whole is too large
   */
  record Invalid<T>(String text, List<FieldError> errors) implements Outcome<T> {
    public Invalid {
      errors = List.copyOf(errors);
    }
  }

  /**
   * There was no room, at the gateway or among this client's calls in flight.
   *
   * @param retryAfter when asking again may work, where that is known
   */
  record Shed<T>(String text, Optional<Duration> retryAfter) implements Outcome<T> {}

  /** There is no such item. */
  record NotFound<T>(String text) implements Outcome<T> {}

  /** The deadline passed before there was anything to answer with. */
  record Expired<T>(String text) implements Outcome<T> {}

  /** Nobody answered, or the gateway's backbone gave no query vectors; another gateway may. */
  record Unavailable<T>(String text) implements Outcome<T> {}

  /** {@link Call#cancel} came first. */
  record Cancelled<T>(String text) implements Outcome<T> {}

  /**
   * A broken promise on the other side.
   *
   * @param status gRPC's name for it, such as {@code INTERNAL}
   */
  record Failed<T>(String status, String text) implements Outcome<T> {}

  /** How one request of a batch ended, as if it had been a call of its own. */
  static Outcome<RetrieveResponse> of(BatchResult result) {
    if (result.hasAnswer()) {
      return new Answered<>(result.getAnswer());
    }
    var refusal = result.getRefusal();
    var retryAfter =
        refusal.hasRetryAfterMs()
            ? Optional.of(Duration.ofMillis(refusal.getRetryAfterMs()))
            : Optional.<Duration>empty();
    return Refusals.outcome(
        refusal.getStatus(), refusal.getDetail(), refusal.getErrorsList(), retryAfter);
  }
}
