package io.trawl.workers.kubernetes;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.workers.fleet.resolve.Failure;
import io.trawl.workers.fleet.resolve.LastKnown;
import io.trawl.workers.fleet.resolve.Located;
import io.trawl.workers.fleet.resolve.ResolveOptions.Slices;
import io.trawl.workers.kubernetes.HandAlarm.Waiting;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Slices of an API server that comes, goes and says odd things. The alarm is set once a look at it
 * has ended, well or not; what a watch brings is awaited where it is told.
 */
class KubernetesResolverTest {

  private static final long RELIST = 60;

  private static Vertx vertx;

  private final HandAlarm alarm = new HandAlarm();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final BlockingQueue<Located> told = new LinkedBlockingQueue<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private FakeApiServer server;
  private KubernetesResolver resolver;

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void close() throws Exception {
    join(vertx.close());
  }

  @BeforeEach
  void start() throws Exception {
    server = FakeApiServer.start(vertx);
    resolver = resolver("workers");
    log.start();
    logger().addAppender(log);
    logger().setLevel(Level.INFO);
  }

  @AfterEach
  void end() throws Exception {
    logger().detachAppender(log);
    logger().setLevel(null);
    join(resolver.close());
    server.stop();
  }

  private KubernetesResolver resolver(String service) {
    return new KubernetesResolver(
        Slices.of("models", service, "grpc"),
        () -> new ConfigBuilder(Config.empty()).withMasterUrl(server.url()).build(),
        alarm,
        registry);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(LastKnown.class);
  }

  private static <T> void join(Future<T> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Waiting resolve() throws InterruptedException {
    resolver.start(told::add);
    return alarm.await();
  }

  private Waiting again(Waiting waiting) throws InterruptedException {
    waiting.ring();
    return alarm.await();
  }

  private List<String> heard() throws InterruptedException {
    Located located = told.poll(60, TimeUnit.SECONDS);
    assertNotNull(located, "nothing was told");
    return located.places().stream().map(place -> place.endpoint().host()).toList();
  }

  private double failures(Failure failure) {
    return registry
        .get("trawl.fleet.resolve.failures")
        .tag("source", "kubernetes")
        .tag("name", "models/workers")
        .tag("reason", failure.name().toLowerCase(Locale.ROOT))
        .counter()
        .count();
  }

  private long logged(Level level) {
    return log.list.stream().filter(event -> event.getLevel() == level).count();
  }

  @Test
  void slicesAreListedAndThenWatched() throws Exception {
    server.put("workers-1", "10.0.0.1");
    assertEquals(RELIST, resolve().seconds());
    assertEquals(List.of("10.0.0.1"), heard());
    server.put("workers-2", "10.0.0.2", "10.0.0.3");
    assertEquals(List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"), heard());
    server.put("workers-2", "10.0.0.3");
    assertEquals(List.of("10.0.0.1", "10.0.0.3"), heard());
    server.remove("workers-1");
    assertEquals(List.of("10.0.0.3"), heard());
    server.put("workers-2");
    assertEquals(List.of(), heard(), "scaled down to nobody");
    assertEquals(1, server.lists());
    assertEquals(0, log.list.size());
  }

  @Test
  void listedAnewAreTheyWhenItIsTimeThoughAWatchIsThere() throws Exception {
    server.put("workers-1", "10.0.0.1");
    Waiting waiting = resolve();
    heard();
    server.putSilently("workers-1", "10.0.0.9");
    waiting = again(waiting);
    assertEquals(List.of("10.0.0.9"), heard());
    assertEquals(RELIST, waiting.seconds());
    server.put("workers-1", "10.0.0.8");
    assertEquals(List.of("10.0.0.8"), heard(), "the new watch tells");
  }

  @Test
  void aWatchThatEndsIsFollowedByAListAndIsNoFailure() throws Exception {
    server.put("workers-1", "10.0.0.1");
    Waiting relist = resolve();
    heard();
    for (long seconds : new long[] {1, 2}) {
      server.putSilently("workers-1", "10.0.1." + seconds);
      server.endWatches();
      Waiting waiting = alarm.await();
      assertTrue(relist.cancelled().get());
      assertEquals(seconds, waiting.seconds(), "one that ends at once is not begun without end");
      relist = again(waiting);
      assertEquals(List.of("10.0.1." + seconds), heard());
    }
    again(relist);
    server.endWatches();
    assertEquals(1, alarm.await().seconds(), "a watch that lasted is as good as new");
    assertEquals(0, log.list.size());
  }

  @Test
  void aVersionThatIsGoneIsListedAnew() throws Exception {
    server.put("workers-1", "10.0.0.1");
    resolve();
    heard();
    server.putSilently("workers-1", "10.0.0.2");
    server.sayGone();
    again(alarm.await());
    assertEquals(List.of("10.0.0.2"), heard());
  }

  @Test
  void anApiServerThatIsGoneIsNoChangeAndComesBackByItself() throws Exception {
    server.put("workers-1", "10.0.0.1");
    resolve();
    heard();
    server.stop();
    Waiting waiting = alarm.await();
    for (long seconds : new long[] {2, 4, 8, 16, 30, 30}) {
      waiting = again(waiting);
      assertEquals(seconds, waiting.seconds());
    }
    assertNull(told.poll());
    assertEquals(6, failures(Failure.UNREACHABLE));
    assertEquals(1, logged(Level.WARN));
    server.putSilently("workers-1", "10.0.0.2");
    server.start();
    assertEquals(RELIST, again(waiting).seconds());
    assertEquals(List.of("10.0.0.2"), heard());
    assertEquals(1, logged(Level.INFO));
    server.put("workers-1", "10.0.0.3");
    assertEquals(List.of("10.0.0.3"), heard());
  }

  @Test
  void aRightThatIsMissingIsARefusal() throws Exception {
    server.refuse(403);
    Waiting waiting = resolve();
    assertEquals(1, failures(Failure.REFUSED));
    assertNull(told.poll());
    server.refuse(0);
    server.refuseWatches(403);
    server.put("workers-1", "10.0.0.1");
    waiting = again(waiting);
    assertEquals(List.of("10.0.0.1"), heard(), "what is listed counts");
    assertEquals(2, failures(Failure.REFUSED));
    assertEquals(2, waiting.seconds());
  }

  @Test
  void aServiceWithoutSlicesIsNobodyAndSaidToBe() throws Exception {
    Waiting waiting = resolve();
    assertEquals(List.of(), heard());
    assertEquals(1, failures(Failure.EMPTY));
    assertEquals(RELIST, waiting.seconds(), "it is watched");
    server.put("workers-1", "10.0.0.1");
    assertEquals(List.of("10.0.0.1"), heard());
  }

  @Test
  void eventsThatCannotBeReadAreNoChange() throws Exception {
    server.put("workers-1", "10.0.0.1");
    resolve();
    heard();
    server.say("{\"type\":\"MODIFIED\",\"object\":");
    server.say("{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"EndpointSlice\"}}");
    server.putSilently("workers-1", "10.0.0.2");
    server.endWatches();
    again(alarm.await());
    assertEquals(List.of("10.0.0.2"), heard());
  }

  @Test
  void aCloseDoesNotWaitForAnApiServerThatSaysNothing() throws Exception {
    server.say(true);
    resolver.start(told::add);
    join(resolver.close());
    join(resolver.close());
    assertTrue(alarm.isEmpty());
    assertEquals(0, log.list.size());
    assertThrows(IllegalStateException.class, () -> resolver.start(told::add));
  }

  @Test
  void nothingIsToldAfterTheCloseAndNothingIsLeftOfIt() throws Exception {
    server.put("workers-1", "10.0.0.1");
    Waiting waiting = resolve();
    heard();
    join(resolver.close());
    assertTrue(waiting.cancelled().get());
    waiting.ring();
    server.put("workers-1", "10.0.0.2");
    assertEquals(1, server.lists());
    assertNull(told.poll());
    assertTrue(registry.find("trawl.fleet.resolve.known").meters().isEmpty());
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> requireNonNull(thread.getName()).equals("fleet-kubernetes")));
  }
}
