package io.trawl.workers.client;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Asks one worker over the Open Inference Protocol. Safe for any thread; never blocks one.
 *
 * <p>Every call takes its budget: what is left of the caller's time, as a duration measured from
 * the call. A duration ties nobody to this client's clock; the client turns it into an instant of
 * its own ticker at once. A budget of zero or less is an ordinary case: the call ends as {@link
 * Failure.DeadlineExceeded} and touches no wire. No future that this interface returns ever fails,
 * except that of {@link #close()}.
 */
public interface OipClient {

  /** A client that nobody watches. */
  static OipClient create(Vertx vertx, OipClientOptions options, NanoClock ticker) {
    return create(vertx, options, ticker, OipObserver.none());
  }

  /** A client whose inferences an observer is told of. Connects on the first call. */
  static OipClient create(
      Vertx vertx, OipClientOptions options, NanoClock ticker, OipObserver observer) {
    return new VertxOipClient(vertx, options, ticker, observer, Alarm.of(vertx));
  }

  /** The worker that this client asks. */
  Endpoint endpoint();

  /** Runs a model; the handle gives the outcome and takes the call back. */
  InferHandle infer(InferCall call, Duration budget);

  /** Whether the process answers at all. */
  Future<Reply<Boolean>> serverLive(Duration budget);

  /**
   * Whether the server takes work. A server that drains says {@link Failure.Stopping} instead of
   * false.
   */
  Future<Reply<Boolean>> serverReady(Duration budget);

  /** Whether a model takes work; an empty version asks for any. */
  Future<Reply<Boolean>> modelReady(String model, String version, Duration budget);

  /** Name, version and extensions of the server. */
  Future<Reply<ServerMetadata>> serverMetadata(Duration budget);

  /** Versions, inputs and outputs of a model; an empty version lets the server choose. */
  Future<Reply<ModelMetadata>> modelMetadata(String model, String version, Duration budget);

  /** The configuration that a model runs with; an empty version lets the server choose. */
  Future<Reply<ModelConfig>> modelConfig(String model, String version, Duration budget);

  /** Closes the connections; calls under way end as {@link Failure.Unreachable}. */
  Future<Void> close();
}
