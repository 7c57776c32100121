package io.trawl.workers.testkit;

import io.trawl.workers.protocol.ModelInferRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/** An inference that the fake saw, and how it ended. */
public final class SeenCall {

  private final ModelInferRequest request;
  private final Map<String, String> metadata;
  private final Promise<SeenEnding> ending = Promise.promise();

  SeenCall(ModelInferRequest request, Map<String, String> metadata) {
    this.request = request;
    this.metadata = Map.copyOf(metadata);
  }

  public ModelInferRequest request() {
    return request;
  }

  /** The headers that came with the call, names in lower case. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The time that the caller gave in {@code grpc-timeout}. */
  public Optional<Duration> timeout() {
    return Optional.ofNullable(metadata.get("grpc-timeout")).map(SeenCall::duration);
  }

  /** Completes when the call ends. */
  public Future<SeenEnding> ending() {
    return ending.future();
  }

  void end(SeenEnding how) {
    ending.tryComplete(how);
  }

  private static Duration duration(String header) {
    int last = header.length() - 1;
    ChronoUnit unit =
        switch (header.charAt(last)) {
          case 'n' -> ChronoUnit.NANOS;
          case 'u' -> ChronoUnit.MICROS;
          case 'm' -> ChronoUnit.MILLIS;
          case 'S' -> ChronoUnit.SECONDS;
          case 'M' -> ChronoUnit.MINUTES;
          case 'H' -> ChronoUnit.HOURS;
          default -> throw new IllegalArgumentException("grpc-timeout: '" + header + "'");
        };
    return Duration.of(Long.parseLong(header, 0, last, 10), unit);
  }
}
