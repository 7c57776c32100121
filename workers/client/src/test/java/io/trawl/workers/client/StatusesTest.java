package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.trawl.workers.wire.GrpcOutcome;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.Test;

/** The table from words and numbers to failures; the words are those of real servers. */
class StatusesTest {

  @Test
  void everyStatusHasAFailure() {
    for (GrpcStatus status : GrpcStatus.values()) {
      Class<? extends Failure> expected =
          switch (status) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> Failure.InvalidRequest.class;
            case NOT_FOUND -> Failure.NotFound.class;
            case UNAVAILABLE -> Failure.Unreachable.class;
            case DEADLINE_EXCEEDED -> Failure.DeadlineExceeded.class;
            default -> Failure.Failed.class;
          };
      assertInstanceOf(expected, Statuses.ofStatus(status, "text"), status.name());
    }
  }

  @Test
  void tritonsOwnWords() {
    assertUnavailable(Failure.QueueFull.class, "Exceeds maximum queue size");
    assertUnavailable(
        Failure.QueueFull.class, "[request id: <id_unknown>] Exceeds maximum queue size");
    assertUnavailable(
        Failure.QueueTimeout.class, "[request id: <id_unknown>] Request timeout expired");
    assertUnavailable(
        Failure.Stopping.class,
        "[request id: 7] Server is stopping, scheduler for model has stopped accepting new"
            + " inference requests");
    assertUnavailable(
        Failure.Stopping.class, "Request for unknown model: 'm' version 1 is not at ready state");
    assertUnavailable(Failure.Stopping.class, "Server exiting");
    assertUnavailable(Failure.Stopping.class, "Server not ready");
    assertInstanceOf(
        Failure.Stopping.class,
        Statuses.ofStatus(
            GrpcStatus.NOT_FOUND, "Request for unknown model: 'm' has no available versions"));
    assertInstanceOf(
        Failure.NotFound.class,
        Statuses.ofStatus(GrpcStatus.NOT_FOUND, "Request for unknown model: 'nope' is not found"));
  }

  @Test
  void sizesAreToldFromOtherExhaustion() {
    assertInstanceOf(
        Failure.TooLarge.class,
        Statuses.ofStatus(
            GrpcStatus.RESOURCE_EXHAUSTED,
            "CLIENT: Received message larger than max (70000000 vs. 67108864)"));
    assertInstanceOf(Failure.TooLarge.class, Statuses.ofStatus(GrpcStatus.RESOURCE_EXHAUSTED, ""));
    assertInstanceOf(
        Failure.Failed.class, Statuses.ofStatus(GrpcStatus.RESOURCE_EXHAUSTED, "quota"));
  }

  @Test
  void resetsByCode() {
    assertInstanceOf(Failure.Unreachable.class, Statuses.of(new GrpcOutcome.Reset(7)));
    assertInstanceOf(Failure.Unreachable.class, Statuses.of(new GrpcOutcome.Reset(11)));
    assertInstanceOf(Failure.Malformed.class, Statuses.of(new GrpcOutcome.Reset(0)));
    assertEquals(
        new Failure.Failed(GrpcStatus.CANCELLED, "stream reset with HTTP/2 code 8"),
        Statuses.of(new GrpcOutcome.Reset(8)));
    assertEquals(
        new Failure.Failed(GrpcStatus.INTERNAL, "stream reset with HTTP/2 code 2"),
        Statuses.of(new GrpcOutcome.Reset(2)));
  }

  private static void assertUnavailable(Class<? extends Failure> expected, String message) {
    assertInstanceOf(expected, Statuses.ofStatus(GrpcStatus.UNAVAILABLE, message));
  }
}
