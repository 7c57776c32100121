package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a gateway at rest holds.
 *
 * @param tickets of its guards that are not given back
 * @param requests under way
 * @param connections to each of the servers' ports
 * @param threads that are named after it
 */
record Held(int tickets, int requests, List<Integer> connections, long threads) {

  private static final int REMOTE = 2;
  private static final int STATE = 3;
  private static final String ESTABLISHED = "01";

  static Held of(MeterRegistry registry, int... ports) {
    var most = sum(registry, "resilience4j.bulkhead.max.allowed.concurrent.calls");
    var left = sum(registry, "resilience4j.bulkhead.available.concurrent.calls");
    return new Held(
        most - left,
        sum(registry, "trawl.requests.in.flight"),
        IntStream.of(ports).mapToObj(Held::connections).toList(),
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("trawl-"))
            .count());
  }

  private static int sum(MeterRegistry registry, String name) {
    return (int) registry.find(name).gauges().stream().mapToDouble(Gauge::value).sum();
  }

  /** As the kernel counts them, whoever in this JVM made them. */
  private static int connections(int port) {
    var to = ":%04X".formatted(port);
    return (int)
        Stream.of("/proc/self/net/tcp", "/proc/self/net/tcp6")
            .flatMap(Held::lines)
            .map(line -> line.strip().split("\\s+"))
            .filter(fields -> fields[REMOTE].endsWith(to) && fields[STATE].equals(ESTABLISHED))
            .count();
  }

  private static Stream<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file)).stream().skip(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails unless it holds no more than this within a time. */
  void noMore(Vertx vertx, Supplier<Held> now, Duration atMost) {
    var end = System.nanoTime() + atMost.toNanos();
    var seen = now.get();
    while (!covers(seen) && System.nanoTime() < end) {
      Running.await(vertx.timer(50, TimeUnit.MILLISECONDS), "a moment");
      seen = now.get();
    }
    assertTrue(covers(seen), "it holds " + seen + "; before " + this);
  }

  /** What was lost and nobody has asked for since need not be there again. */
  private boolean covers(Held other) {
    return other.tickets <= tickets
        && other.requests <= requests
        && other.threads <= threads
        && IntStream.range(0, connections.size())
            .allMatch(i -> other.connections.get(i) <= connections.get(i));
  }
}
