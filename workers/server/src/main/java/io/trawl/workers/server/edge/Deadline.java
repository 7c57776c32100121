package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.GrpcTimeout;
import io.vertx.core.MultiMap;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** How long the caller of a call waits, from its beginning on. */
final class Deadline {
  /** Whoever says that he waits for longer is ended by something else first. */
  private static final long LONGEST_ALARM_NANOS = TimeUnit.DAYS.toNanos(1);

  private static final Alarm.Pending NO_ALARM = () -> {};

  private final NanoClock ticker;
  private final long startedNanos;
  private final long timeoutNanos;

  private Deadline(NanoClock ticker, long timeoutNanos) {
    this.ticker = ticker;
    this.startedNanos = ticker.nanos();
    this.timeoutNanos = timeoutNanos;
  }

  /** Of a call that begins now, by {@code grpc-timeout}; without it there is none. */
  static Deadline of(MultiMap headers, NanoClock ticker) {
    String header = headers.get(GrpcTimeout.HEADER);
    return new Deadline(
        ticker,
        header == null ? BatchQueue.NEVER : GrpcTimeout.nanos(header).orElse(BatchQueue.NEVER));
  }

  /** Why a call with these headers is refused: its {@code grpc-timeout} cannot be read. */
  static Optional<CallFailure> malformed(MultiMap headers) {
    String header = headers.get(GrpcTimeout.HEADER);
    return header == null || GrpcTimeout.nanos(header).isPresent()
        ? Optional.empty()
        : Optional.of(
            CallFailure.invalid(
                "grpc-timeout is '"
                    + header
                    + "'; expected up to 8 digits and one of H M S m u n"));
  }

  /** {@link BatchQueue#NEVER} where there is none; not above 0 once it has passed. */
  long leftNanos() {
    return timeoutNanos == BatchQueue.NEVER
        ? BatchQueue.NEVER
        : timeoutNanos - (ticker.nanos() - startedNanos);
  }

  /** Tells when it has passed, where there is one, unless cancelled first. */
  Alarm.Pending whenOver(Alarm alarm, Runnable action) {
    return timeoutNanos > LONGEST_ALARM_NANOS
        ? NO_ALARM
        : alarm.after(Math.max(1, leftNanos()), action);
  }
}
