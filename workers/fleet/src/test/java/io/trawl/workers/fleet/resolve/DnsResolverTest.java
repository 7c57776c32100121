package io.trawl.workers.fleet.resolve;

import static io.trawl.workers.fleet.resolve.FakeNameServer.A;
import static io.trawl.workers.fleet.resolve.FakeNameServer.AAAA;
import static io.trawl.workers.fleet.resolve.FakeNameServer.NXDOMAIN;
import static io.trawl.workers.fleet.resolve.FakeNameServer.SERVFAIL;
import static io.trawl.workers.fleet.resolve.FakeNameServer.SRV;
import static io.trawl.workers.fleet.resolve.FakeNameServer.address;
import static io.trawl.workers.fleet.resolve.FakeNameServer.alias;
import static io.trawl.workers.fleet.resolve.FakeNameServer.service;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.workers.fleet.resolve.FakeNameServer.Entry;
import io.trawl.workers.fleet.resolve.HandAlarm.Waiting;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.ResolveOptions.Addresses;
import io.trawl.workers.fleet.resolve.ResolveOptions.DnsOptions;
import io.trawl.workers.fleet.resolve.ResolveOptions.Families;
import io.trawl.workers.fleet.resolve.ResolveOptions.Services;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * What a name server says, well or badly, becomes places or no change at all. The alarm is set once
 * what was heard has been told, so a test waits for it, looks, and rings.
 */
class DnsResolverTest {

  private static final String NAME = "workers.models.test";
  private static final String SERVICE = "_grpc._tcp.workers.test";
  private static final List<String> ONE_AND_TWO = List.of("10.0.0.1:8001", "10.0.0.2:8001");

  private static Vertx vertx;

  private final HandAlarm alarm = new HandAlarm();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Located> told = new CopyOnWriteArrayList<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private FakeNameServer server;
  private DnsOptions dns;
  private @Nullable Resolver resolver;

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
    server = FakeNameServer.start(vertx);
    dns = new DnsOptions(server.endpoint(), Duration.ofSeconds(30));
    log.start();
    logger().addAppender(log);
    logger().setLevel(Level.INFO);
  }

  @AfterEach
  void end() throws Exception {
    logger().detachAppender(log);
    logger().setLevel(null);
    if (resolver != null) {
      join(resolver.close());
    }
    server.close();
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(LastKnown.class);
  }

  private static <T> void join(Future<T> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Addresses addresses() {
    return Addresses.of(NAME, 8001).withDns(dns);
  }

  private Waiting resolve(ResolveOptions options) throws InterruptedException {
    resolver = Resolvers.of(options, alarm, registry, _ -> null);
    resolver.start(told::add);
    return alarm.await();
  }

  private Waiting again(Waiting waiting) throws InterruptedException {
    waiting.ring();
    return alarm.await();
  }

  private List<String> last() {
    return told.getLast().places().stream().map(place -> place.endpoint().toString()).toList();
  }

  private double failures(Failure failure) {
    return registry
        .get("trawl.fleet.resolve.failures")
        .tag("reason", failure.label())
        .counter()
        .count();
  }

  private double counted(String meter) {
    return registry
        .get("trawl.fleet.resolve." + meter)
        .meter()
        .measure()
        .iterator()
        .next()
        .getValue();
  }

  private long logged(Level level) {
    return log.list.stream().filter(event -> event.getLevel() == level).count();
  }

  private void twoWorkers() {
    server.answers(NAME, A, address(NAME, "10.0.0.2"), address(NAME, "10.0.0.1"));
    server.answers(NAME, AAAA);
  }

  @Test
  void addressesOfBothFamiliesAreToldOnceAndEveryChangeAfterThem() throws Exception {
    server.answers(NAME, A, address(NAME, "10.0.0.2"), address(NAME, "10.0.0.1"));
    server.answers(NAME, AAAA, address(NAME, "2001:db8::7"));
    Waiting waiting = resolve(addresses());
    assertEquals(5, waiting.seconds());
    assertEquals(List.of("10.0.0.1:8001", "10.0.0.2:8001", "[2001:db8::7]:8001"), last());

    server.answers(NAME, A, address(NAME, "10.0.0.1"), address(NAME, "10.0.0.2"));
    waiting = again(waiting);
    assertEquals(1, told.size(), "another order is no change");

    server.answers(NAME, A, address(NAME, "10.0.0.1"), address(NAME, "10.0.0.3"));
    server.answers(NAME, AAAA);
    again(waiting);
    assertEquals(List.of("10.0.0.1:8001", "10.0.0.3:8001"), last());
    assertEquals(2, told.size());
    assertEquals(2, counted("changes"));
    assertEquals(2, counted("known"));
    assertEquals(0, log.list.size());
  }

  @Test
  void refreshIsWhatItIsSetTo() throws Exception {
    twoWorkers();
    assertEquals(60, resolve(addresses().withRefresh(Duration.ofMinutes(1))).seconds());
  }

  @Test
  void oneFamilyAloneIsAskedFor() throws Exception {
    server.answers(NAME, AAAA, address(NAME, "2001:db8::7"));
    resolve(addresses().withFamilies(Families.IPV6));
    assertEquals(List.of("[2001:db8::7]:8001"), last());
    assertEquals(1, server.asked());
  }

  @Test
  void aliasesAreFollowedWhateverTheirCaseAndOthersRecordsAreNot() throws Exception {
    server.answers(
        NAME,
        A,
        alias(NAME.toUpperCase(Locale.ROOT), "real.test"),
        alias("real.test", "very.real.test"),
        address("very.real.test", "10.0.0.1"),
        address("another.test", "10.9.9.9"));
    server.answers(NAME, AAAA, alias(NAME, "a.test"), alias("a.test", NAME));
    resolve(addresses());
    assertEquals(List.of("10.0.0.1:8001"), last());
  }

  @Test
  void failuresAreNoChangeAndWaitLongerUntilItIsWellAgain() throws Exception {
    twoWorkers();
    Waiting waiting = resolve(addresses());
    server.refuses(NAME, A, SERVFAIL);
    server.refuses(NAME, AAAA, SERVFAIL);
    for (long seconds : new long[] {1, 2, 4, 8, 16, 30, 30}) {
      waiting = again(waiting);
      assertEquals(seconds, waiting.seconds());
    }
    assertEquals(List.of(ONE_AND_TWO), told.stream().map(_ -> last()).toList());
    assertEquals(7, failures(Failure.REFUSED));
    assertEquals(1, logged(Level.WARN));
    twoWorkers();
    waiting = again(waiting);
    assertEquals(5, waiting.seconds());
    assertEquals(1, told.size());
    assertEquals(1, logged(Level.INFO));
    server.refuses(NAME, A, SERVFAIL);
    assertEquals(1, again(waiting).seconds(), "it begins anew");
    assertEquals(2, logged(Level.WARN));
  }

  @Test
  void aNameThatIsGoneAndOneWithoutRecordsAreNoChange() throws Exception {
    twoWorkers();
    Waiting waiting = resolve(addresses());
    server.refuses(NAME, A, NXDOMAIN);
    server.refuses(NAME, AAAA, NXDOMAIN);
    waiting = again(waiting);
    server.answers(NAME, A);
    server.answers(NAME, AAAA);
    again(waiting);
    assertEquals(1, told.size());
    assertEquals(2, failures(Failure.EMPTY));
    assertEquals(2, counted("known"));
  }

  @Test
  void aFamilyThatFailsKeepsWhatItLastGave() throws Exception {
    server.answers(NAME, A, address(NAME, "10.0.0.1"));
    server.answers(NAME, AAAA, address(NAME, "2001:db8::7"));
    Waiting waiting = resolve(addresses());
    server.answers(NAME, A, address(NAME, "10.0.0.2"));
    server.refuses(NAME, AAAA, SERVFAIL);
    again(waiting);
    assertEquals(List.of("10.0.0.2:8001", "[2001:db8::7]:8001"), last());
    assertEquals(1, failures(Failure.REFUSED));
  }

  @Test
  void silenceIsAFailure() throws Exception {
    dns = dns.withTimeout(Duration.ofMillis(50));
    server.saysNothing(NAME, A);
    server.saysNothing(NAME, AAAA);
    Waiting waiting = resolve(addresses());
    assertEquals(0, told.size());
    assertEquals(1, failures(Failure.TIMEOUT));
    assertEquals(1, waiting.seconds());
  }

  @Test
  void junkIsPassedOverAsIfNothingHadBeenSaid() throws Exception {
    dns = dns.withTimeout(Duration.ofMillis(50));
    server.saysJunk(NAME, A, new byte[] {(byte) 0x81, (byte) 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 77, 1});
    server.saysJunk(NAME, AAAA, new byte[0]);
    resolve(addresses());
    assertEquals(0, told.size());
    assertEquals(1, failures(Failure.TIMEOUT));
  }

  @Test
  void anAddressOfTheWrongLengthIsMalformed() throws Exception {
    twoWorkers();
    Waiting waiting = resolve(addresses());
    server.answers(
        NAME,
        A,
        address(NAME, "10.0.0.9"),
        new Entry(NAME, A, 30, Buffer.buffer(new byte[] {10, 0, 0})));
    again(waiting);
    assertEquals(1, told.size());
    assertEquals(1, failures(Failure.MALFORMED));
  }

  private List<Entry> many(int count) {
    var entries = new ArrayList<Entry>();
    IntStream.range(0, count)
        .mapToObj(number -> address(NAME, "10.1.%d.%d".formatted(number / 250, number % 250)))
        .forEach(entries::add);
    return entries;
  }

  @Test
  void whatDoesNotFitByUdpComesByTcpAndMoreThanTheBoundIsCut() throws Exception {
    server.answers(NAME, A, 0, many(1_200));
    server.answers(NAME, AAAA);
    Waiting waiting = resolve(addresses());
    assertEquals(1_000, last().size());
    assertEquals(200, counted("cut"));
    assertEquals(1, server.askedByTcp());
    server.answers(NAME, A, 0, many(1_200).reversed());
    again(waiting);
    assertEquals(1, told.size(), "the same ones are left out");
    assertEquals(400, counted("cut"));
    assertEquals(1, logged(Level.WARN));
  }

  @Test
  void aPartOfAnAnswerIsNoAnswer() throws Exception {
    server.answers(NAME, A, 0, many(40));
    server.answers(NAME, AAAA);
    Waiting waiting = resolve(addresses());
    assertEquals(40, last().size());
    server.closeTcp();
    again(waiting);
    assertEquals(1, told.size());
    assertEquals(1, failures(Failure.TRUNCATED));
  }

  @Test
  void servicesAreHostsAndPortsOfTheLowestPriority() throws Exception {
    server.answers(
        SERVICE,
        SRV,
        service(SERVICE, 30, 1, 8001, "one.workers.test"),
        service(SERVICE, 20, 1, 9001, "two.workers.test"),
        service(SERVICE, 40, 40_000, 8001, "spare.workers.test"));
    Waiting waiting = resolve(Services.of(SERVICE).withDns(dns));
    assertEquals(List.of("one.workers.test:8001", "two.workers.test:9001"), last());
    assertEquals(20, waiting.seconds(), "the shortest time to live");
    server.answers(SERVICE, SRV, service(SERVICE, 30, 40_000, 8001, "spare.workers.test"));
    again(waiting);
    assertEquals(List.of("spare.workers.test:8001"), last());
  }

  @Test
  void timesToLiveAreKeptWithinBounds() throws Exception {
    server.answers(SERVICE, SRV, service(SERVICE, 0, 1, 8001, "one.workers.test"));
    Waiting waiting = resolve(Services.of(SERVICE).withDns(dns));
    assertEquals(1, waiting.seconds());
    server.answers(SERVICE, SRV, service(SERVICE, 86_400, 1, 8001, "one.workers.test"));
    assertEquals(300, again(waiting).seconds());
  }

  @Test
  void aServiceThatIsNotThereIsEmpty() throws Exception {
    server.answers(SERVICE, SRV, service(SERVICE, 30, 0, 0, ""));
    resolve(Services.of(SERVICE).withDns(dns));
    assertEquals(0, told.size());
    assertEquals(1, failures(Failure.EMPTY));
  }

  /** A pointer in a name that points at itself: who follows it follows it for ever. */
  @Test
  void aNameThatGoesInACircleIsMalformed() throws Exception {
    // Header, question with its type and class, owner, and ten bytes before the data.
    int target = 12 + (name().length() + 4) + name().length() + 10 + 6;
    server.answers(
        SERVICE,
        SRV,
        new Entry(
            SERVICE,
            SRV,
            30,
            FakeNameServer.service(1, 8001).appendUnsignedShort(0xc000 | target)));
    resolve(Services.of(SERVICE).withDns(dns));
    assertEquals(1, failures(Failure.MALFORMED));
  }

  private static Buffer name() {
    return FakeNameServer.name(SERVICE);
  }

  @Test
  void recordsThatEndTooSoonAndHostsThatNobodyHasAreMalformed() throws Exception {
    server.answers(SERVICE, SRV, new Entry(SERVICE, SRV, 30, Buffer.buffer(new byte[] {0, 1})));
    Waiting waiting = resolve(Services.of(SERVICE).withDns(dns));
    server.answers(SERVICE, SRV, service(SERVICE, 30, 1, 8001, "a b\n.test"));
    again(waiting);
    assertEquals(2, failures(Failure.MALFORMED));
    assertEquals(0, told.size());
  }

  @Test
  void anAddressIsAskedNobodyFor() throws Exception {
    for (String literal : List.of("10.0.0.1", "2001:db8::7")) {
      Resolver fixed =
          Resolvers.of(Addresses.of(literal, 8001).withDns(dns), alarm, registry, _ -> null);
      fixed.start(told::add);
      assertEquals(literal, told.getLast().places().getFirst().endpoint().host());
      join(fixed.close());
    }
    assertEquals(0, server.asked());
    assertTrue(alarm.isEmpty());
  }

  @Test
  void nothingIsToldAfterTheCloseAndNothingIsLeftOfIt() throws Exception {
    twoWorkers();
    Waiting waiting = resolve(addresses());
    Resolver ended = requireNonNull(resolver);
    join(ended.close());
    join(ended.close());
    assertTrue(waiting.cancelled().get());
    int asked = server.asked();
    waiting.ring();
    assertEquals(asked, server.asked());
    assertEquals(1, told.size());
    assertTrue(registry.find("trawl.fleet.resolve.known").meters().isEmpty());
    assertThrows(IllegalStateException.class, () -> ended.start(told::add));
  }

  @Test
  void aCloseWhileAQuestionIsUnderWayEndsIt() throws Exception {
    server.saysNothing(NAME, A);
    server.saysNothing(NAME, AAAA);
    resolver = Resolvers.of(addresses(), alarm, registry, _ -> null);
    resolver.start(told::add);
    join(resolver.close());
    assertTrue(alarm.isEmpty());
    assertEquals(0, told.size());
    assertEquals(0, logged(Level.WARN));
  }

  @Test
  void whoBreaksWhenToldHearsOfTheNextChange() throws Exception {
    twoWorkers();
    resolver = Resolvers.of(addresses(), alarm, registry, _ -> null);
    resolver.start(
        located -> {
          told.add(located);
          throw new IllegalStateException("broken");
        });
    Waiting waiting = alarm.await();
    server.answers(NAME, A, address(NAME, "10.0.0.9"));
    again(waiting);
    assertEquals(2, told.size());
    assertFalse(told.getLast().places().contains(Place.of(server.endpoint())));
  }
}
