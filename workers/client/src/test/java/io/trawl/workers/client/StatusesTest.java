package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.util.concurrent.TimeUnit;
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
    assertInstanceOf(Failure.Unreachable.class, Statuses.ofTransport(new StreamResetException(7)));
    assertInstanceOf(Failure.Unreachable.class, Statuses.ofTransport(new StreamResetException(11)));
    assertInstanceOf(Failure.Malformed.class, Statuses.ofTransport(new StreamResetException(0)));
    assertEquals(
        new Failure.Failed(GrpcStatus.INTERNAL, "stream reset with HTTP/2 code 2"),
        Statuses.ofTransport(new StreamResetException(2)));
  }

  @Test
  void messagesAreDecodedAndWhatIsNoEncodingStays() {
    assertEquals("", Statuses.decodeMessage(null));
    assertEquals("a+b", Statuses.decodeMessage("a+b"));
    assertEquals("100% ü", Statuses.decodeMessage("100%25 %C3%BC"));
    assertEquals("50% of %zz %4", Statuses.decodeMessage("50% of %zz %4"));
  }

  @Test
  void numbersThatAreNone() {
    assertEquals(GrpcStatus.OK, Statuses.parse("0"));
    assertNull(Statuses.parse("x"));
    assertNull(Statuses.parse("99"));
  }

  @Test
  void theTimeoutHeaderHasEightDigitsAndNeverLessTime() {
    assertEquals("1u", UnaryCall.timeoutHeader(1));
    assertEquals("50000u", UnaryCall.timeoutHeader(TimeUnit.MILLISECONDS.toNanos(50)));
    assertEquals("99999999u", UnaryCall.timeoutHeader(99_999_999_000L));
    assertEquals("100000m", UnaryCall.timeoutHeader(99_999_999_001L));
    assertEquals("86400000m", UnaryCall.timeoutHeader(TimeUnit.DAYS.toNanos(1)));
    assertEquals("172800S", UnaryCall.timeoutHeader(TimeUnit.DAYS.toNanos(2)));
  }

  private static void assertUnavailable(Class<? extends Failure> expected, String message) {
    assertInstanceOf(expected, Statuses.ofStatus(GrpcStatus.UNAVAILABLE, message));
  }
}
