package io.trawl.workers.fleet.resolve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.fleet.resolve.Lookup.Failed;
import io.trawl.workers.fleet.resolve.Lookup.Finding;
import io.trawl.workers.fleet.resolve.ResolveOptions.DnsOptions;
import io.trawl.workers.wire.Alarm;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks, waits, asks again. After a failure it waits 1 s, then twice as long each time, to 30 s.
 *
 * <p>Everything after the start runs on the name server's thread, which writes the fields.
 */
final class DnsResolver implements Resolver {

  private final String source;
  private final String name;
  private final DnsOptions options;
  private final Lookup lookup;
  private final Alarm alarm;
  private final MeterRegistry registry;
  private final Backoff backoff = new Backoff();

  private @Nullable Running running; // guarded by this
  private boolean closed; // guarded by this

  DnsResolver(
      String source,
      String name,
      DnsOptions options,
      Lookup lookup,
      Alarm alarm,
      MeterRegistry registry) {
    this.source = source;
    this.name = name;
    this.options = options;
    this.lookup = lookup;
    this.alarm = alarm;
    this.registry = registry;
  }

  @Override
  public synchronized Future<Void> start(Consumer<Located> told) {
    if (running != null || closed) {
      throw new IllegalStateException("a resolver starts once");
    }
    NameServer server = NameServer.open(options);
    var begun =
        new Running(server, new LastKnown(source, name, ResolveOptions.MOST, registry, told));
    running = begun;
    server.execute(begun::ask);
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> close() {
    closed = true;
    return running == null ? Future.succeededFuture() : running.close();
  }

  /** From start to close. */
  private final class Running {

    private final NameServer server;
    private final LastKnown known;
    private Alarm.@Nullable Pending next;
    private boolean ended;
    private final Promise<Void> end = Promise.promise();

    Running(NameServer server, LastKnown known) {
      this.server = server;
      this.known = known;
    }

    private void ask() {
      next = null;
      if (!ended) {
        lookup.look(server, this::heard);
      }
    }

    private void heard(Finding finding) {
      if (ended) {
        return;
      }
      if (!finding.places().isEmpty()) {
        known.heard(finding.places());
      }
      Failed failed = finding.failed();
      long wait;
      if (failed == null) {
        known.well();
        backoff.reset();
        wait = finding.againNanos();
      } else {
        known.failed(failed.failure(), failed.why());
        wait = backoff.next();
      }
      next = alarm.after(wait, () -> server.execute(this::ask));
    }

    Future<Void> close() {
      server.execute(this::end);
      return end.future();
    }

    private void end() {
      if (ended) {
        return;
      }
      ended = true;
      if (next != null) {
        next.cancel();
      }
      known.close();
      server.close().onComplete(end);
    }
  }
}
