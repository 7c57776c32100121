package io.trawl.workers.testkit;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.function.Function;

/** What the fake does with one inference. The factories list the habits it knows. */
@FunctionalInterface
public interface Behaviour {

  void play(Exchange exchange);

  /** The same behaviour, once the gate is open. */
  default Behaviour behind(Gate gate) {
    return exchange -> gate.opened().onSuccess(_ -> play(exchange));
  }

  /** These tensors, from the model and version asked for (version 1 if left open). */
  static Answer answer(RawTensor... outputs) {
    return new Answer(request -> Answer.response(request, List.of(outputs)));
  }

  /** Whatever the function makes of the request. */
  static Answer answer(Function<ModelInferRequest, ModelInferResponse> function) {
    return new Answer(function);
  }

  static Behaviour error(GrpcStatus status, String message) {
    return exchange -> exchange.fail(status, message);
  }

  /** Triton's words for a full queue. */
  static Behaviour queueFull() {
    return error(GrpcStatus.UNAVAILABLE, "[request id: <id_unknown>] Exceeds maximum queue size");
  }

  /** Triton's words for a request that waited too long in the queue. */
  static Behaviour queueTimeout() {
    return error(GrpcStatus.UNAVAILABLE, "Request timeout expired");
  }

  /** Triton's words after SIGTERM. */
  static Behaviour stopping() {
    return error(
        GrpcStatus.UNAVAILABLE,
        "Server is stopping, scheduler for model has stopped accepting new inference requests");
  }

  /** Triton's words for a model that was unloaded. */
  static Behaviour noVersions() {
    return exchange ->
        exchange.fail(
            GrpcStatus.NOT_FOUND,
            "Request for unknown model: '%s' has no available versions"
                .formatted(exchange.request().getModelName()));
  }

  /** No answer, ever. */
  static Behaviour hang() {
    return _ -> {};
  }

  /** Bytes that no protobuf parser takes, with status OK. */
  static Behaviour undecodable() {
    return exchange -> {
      exchange.write(Exchange.frame(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF}));
      exchange.end(GrpcStatus.OK, "");
    };
  }

  /** Status OK and no message. */
  static Behaviour silence() {
    return exchange -> exchange.end(GrpcStatus.OK, "");
  }

  /** A body that ends without a status. */
  static Behaviour noStatus() {
    return Exchange::endWithoutStatus;
  }

  /** A stream reset with an HTTP/2 error code. */
  static Behaviour reset(long http2Code) {
    return exchange -> exchange.reset(http2Code);
  }

  /** A connection that goes away. */
  static Behaviour disconnect() {
    return Exchange::disconnect;
  }

  /** A proxy's answer in the server's place. */
  static Behaviour httpStatus(int status) {
    return exchange -> exchange.httpStatus(status);
  }
}
