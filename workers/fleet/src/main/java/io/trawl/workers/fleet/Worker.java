package io.trawl.workers.fleet;

import io.trawl.workers.client.OipClient;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import java.time.Duration;
import java.util.function.IntSupplier;

/** One worker of the fleet: the way to it, which all models share. */
final class Worker {

  private static final Duration LOOK = Duration.ofMillis(20);

  private final Place place;
  private final OipClient client;

  Worker(Place place, OipClient client) {
    this.place = place;
    this.client = client;
  }

  Place place() {
    return place;
  }

  OipClient client() {
    return client;
  }

  /**
   * Closes the way when nothing is under way any more, or when the time is up.
   *
   * @param underWay calls under way here, of all models
   */
  void closeWhenIdle(IntSupplier underWay, Duration within, NanoClock clock, Alarm alarm) {
    closeWhenIdle(underWay, clock.nanos() + within.toNanos(), clock, alarm);
  }

  private void closeWhenIdle(IntSupplier underWay, long until, NanoClock clock, Alarm alarm) {
    if (underWay.getAsInt() == 0 || clock.nanos() - until >= 0) {
      client.close();
    } else {
      alarm.after(LOOK.toNanos(), () -> closeWhenIdle(underWay, until, clock, alarm));
    }
  }
}
