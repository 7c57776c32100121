package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import io.vertx.grpc.common.GrpcStatus;

/**
 * Why a call has no answer, told apart by what a caller should do next. The three UNAVAILABLEs that
 * Triton knows (queue full, queue timeout, stopping) are three records here.
 */
public sealed interface Failure extends InferOutcome {

  /** What happened, for a log line. */
  String message();

  /** The same failure, which also says where it happened. */
  default Failure at(Endpoint endpoint) {
    String said = endpoint + ": " + message();
    return switch (this) {
      case InvalidRequest _ -> new InvalidRequest(said);
      case NotFound _ -> new NotFound(said);
      case QueueFull _ -> new QueueFull(said);
      case QueueTimeout _ -> new QueueTimeout(said);
      case Stopping _ -> new Stopping(said);
      case DeadlineExceeded _ -> new DeadlineExceeded(said);
      case Cancelled _ -> new Cancelled(said);
      case Unreachable _ -> new Unreachable(said);
      case TooLarge _ -> new TooLarge(said);
      case Malformed _ -> new Malformed(said);
      case Failed(var status, _) -> new Failed(status, said);
    };
  }

  /** The request is wrong: shape, type, count, name or batch. It fails the same way elsewhere. */
  record InvalidRequest(String message) implements Failure {}

  /** This server has no such model or version. */
  record NotFound(String message) implements Failure {}

  /**
   * The queue of the model, or of this client in front of the endpoint, is full. The call was never
   * run: another worker may take it at once.
   */
  record QueueFull(String message) implements Failure {}

  /** The call waited in the model's queue until its time there was up. Do not repeat it. */
  record QueueTimeout(String message) implements Failure {}

  /**
   * The server, or this model on it, takes no new work: it is on its way out or not yet there. Take
   * it out of the rotation and ask elsewhere; the call was never run.
   */
  record Stopping(String message) implements Failure {}

  /** The budget was spent, before the call left or while the server worked on it. */
  record DeadlineExceeded(String message) implements Failure {}

  /** The caller took the call back. */
  record Cancelled(String message) implements Failure {}

  /** No connection, a connection that broke, or a proxy that found no server. */
  record Unreachable(String message) implements Failure {}

  /** The request or the answer is larger than one of the two sides accepts. */
  record TooLarge(String message) implements Failure {}

  /**
   * The answer breaks the protocol: undecodable bytes, wrong counts, sizes that lie, another model
   * or version than asked. Nothing of it may be used.
   */
  record Malformed(String message) implements Failure {}

  /** Any other status; the model itself failed, as a rule. */
  record Failed(GrpcStatus status, String message) implements Failure {
    public Failed {
      requireNonNull(status, "status");
    }
  }
}
