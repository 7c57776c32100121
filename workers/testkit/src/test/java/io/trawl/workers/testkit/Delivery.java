package io.trawl.workers.testkit;

import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;

/** How the frame of an answer gets to the caller, if it does. */
@FunctionalInterface
interface Delivery {

  Delivery WHOLE =
      (exchange, frame) -> {
        exchange.write(frame);
        exchange.end(GrpcStatus.OK, "");
      };

  void deliver(Exchange exchange, Buffer frame);

  /** The first half, and what comes then. */
  static Delivery halfThen(InferBehaviour rest) {
    return (exchange, frame) -> {
      exchange.write(frame.slice(0, frame.length() / 2));
      rest.play(exchange);
    };
  }

  /** All of it, and what comes in the place of the trailers. */
  static Delivery wholeThen(InferBehaviour rest) {
    return (exchange, frame) -> {
      exchange.write(frame);
      rest.play(exchange);
    };
  }

  /** Half of it, and the other half once the gate is open. */
  static Delivery pausing(Gate gate) {
    return (exchange, frame) -> {
      exchange.write(frame.slice(0, frame.length() / 2));
      gate.opened()
          .onSuccess(_ -> WHOLE.deliver(exchange, frame.slice(frame.length() / 2, frame.length())));
    };
  }

  /** So many bytes at a time, one piece each millisecond. */
  static Delivery dripping(int bytes) {
    return (exchange, frame) -> drip(exchange, frame, bytes);
  }

  private static void drip(Exchange exchange, Buffer rest, int bytes) {
    int piece = Math.min(bytes, rest.length());
    exchange.write(rest.slice(0, piece));
    if (piece == rest.length()) {
      exchange.end(GrpcStatus.OK, "");
    } else if (!exchange.over()) {
      exchange.vertx().setTimer(1, _ -> drip(exchange, rest.slice(piece, rest.length()), bytes));
    }
  }
}
