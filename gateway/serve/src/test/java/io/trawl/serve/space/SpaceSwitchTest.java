package io.trawl.serve.space;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.SpaceId;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.Asking;
import io.trawl.serve.FakeBackbone;
import io.trawl.serve.ManualTicker;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.TestParts;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.space.source.SpaceRefused;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going over to another space must be one step for each caller, and nothing for those within. */
class SpaceSwitchTest {

  private static final SpaceId ONE = new SpaceId("tiny", 1);
  private static final SpaceId TWO = new SpaceId("tiny", 2);
  private static final Path NEXT = Path.of("next");

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final ComputePool pool = new ComputePool(2, 64);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Map<SpaceId, FakeBackbone> backbones = new HashMap<>();
  private final BlockingQueue<SpaceId> closed = new LinkedBlockingQueue<>();

  private Path folder = Path.of("");
  private Optional<String> other = Optional.empty();
  private Optional<Throwable> fault = Optional.empty();
  private Future<SpaceService> next;
  private SpaceSwitch spaces;

  @BeforeEach
  void open(@TempDir Path directory) {
    folder = directory;
    spaces = new SpaceSwitch(space(1), _ -> opened(), ticker, registry);
    next = Future.succeededFuture(space(2));
  }

  @AfterEach
  void close() throws Exception {
    await(spaces.close());
    pool.close();
    await(vertx.close());
  }

  @Test
  void requestsAreAnsweredByTheNewSpaceAndTheOldOneIsClosed() throws Exception {
    assertEquals(ONE, answered(new Asking(ticker)));
    var done = assertInstanceOf(Activation.Activated.class, await(spaces.activate(NEXT)));
    assertEquals(List.of(ONE, TWO), List.of(done.from(), done.to()));
    assertEquals(TWO, answered(new Asking(ticker)));
    assertEquals(TWO, spaces.objectives().space());
    assertEquals(TWO, spaces.item("i1").space());
    assertClosed(ONE);
    assertInstanceOf(Readiness.Ready.class, spaces.readiness());
  }

  @Test
  void aRequestOnItsWayEndsInTheSpaceThatItBeganIn() throws Exception {
    var open = backbone(ONE).hangs();
    var early = ask(new Asking(ticker));
    await(spaces.activate(NEXT));
    assertTrue(closed.isEmpty(), closed.toString());
    assertEquals(new SpaceActivator.Now(TWO, finishing(), false), spaces.now());
    assertTrue(finishing() > 0);
    open.complete(golden());
    assertEquals(ONE, space(await(early)));
    assertClosed(ONE);
  }

  @Test
  void whatARequestLeftRunningKeepsItsSpaceOpen() throws Exception {
    var open = backbone(ONE).hangs();
    var caller = new Cancellation();
    var gone = ask(new Asking(ticker), caller);
    caller.cancel();
    assertInstanceOf(RetrievalOutcome.Cancelled.class, await(gone));
    await(spaces.activate(NEXT));
    assertTrue(closed.isEmpty(), closed.toString());
    open.complete(golden());
    assertClosed(ONE);
  }

  @Test
  void aBatchIsAnsweredByOneSpace() throws Exception {
    try (var batch = spaces.batch(Deadline.after(Duration.ofSeconds(10), ticker))) {
      await(spaces.activate(NEXT));
      var asking = new Asking(ticker);
      assertEquals(
          ONE, space(await(batch.retrieve(asking.build(), asking.deadline(), new Cancellation()))));
      assertTrue(closed.isEmpty(), closed.toString());
    }
    assertClosed(ONE);
  }

  @Test
  void aGoldenRequestThatFailsChangesNothing() throws Exception {
    backbone(TWO).ends(new EncodeOutcome.Failed("worker away"));
    var refused = assertInstanceOf(Activation.Refused.class, await(spaces.activate(NEXT)));
    assertTrue(refused.why().endsWith("worker away"), refused.why());
    assertEquals(ONE, answered(new Asking(ticker)));
    assertClosed(TWO);
    assertEquals(new SpaceActivator.Now(ONE, 0, false), spaces.now());
  }

  @Test
  void anotherModelIsRefused() throws Exception {
    backbone(TWO).disagreement = Optional.of("model has another M");
    assertEquals(new Activation.Refused("model has another M"), await(spaces.activate(NEXT)));
  }

  @Test
  void whatElseItIsServedWithMustAgree() throws Exception {
    other = Optional.of("the collection is of another space");
    assertEquals(
        new Activation.Refused("the collection is of another space"), await(spaces.activate(NEXT)));
  }

  @Test
  void aSpaceThatCannotBeOpenedIsRefusedWithItsReason() throws Exception {
    next.result().close();
    var why = new SpaceRefused("manifest.json", "is away", "a file");
    next = Future.failedFuture(why);
    assertEquals(new Activation.Refused(why.getMessage()), await(spaces.activate(NEXT)));
    next = Future.failedFuture(new IllegalStateException("secret"));
    var refused = assertInstanceOf(Activation.Refused.class, await(spaces.activate(NEXT)));
    assertFalse(refused.why().contains("secret"), refused.why());
  }

  @Test
  void anOpenerThatThrowsAtOnceIsAnsweredAndTheNextActivationGoesOn() throws Exception {
    var candidate = next.result();
    for (var thrown : List.of(new IllegalStateException("secret"), new AssertionError("secret"))) {
      fault = Optional.of(thrown);
      assertInstanceOf(Activation.Refused.class, await(spaces.activate(NEXT)));
    }
    fault = Optional.empty();
    next = Future.succeededFuture(candidate);
    assertInstanceOf(Activation.Activated.class, await(spaces.activate(NEXT)));
  }

  @Test
  void aSpaceWhoseCheckThrowsIsClosedAgain() throws Exception {
    backbone(TWO).breaks = Optional.of(new AssertionError("secret"));
    assertInstanceOf(Activation.Refused.class, await(spaces.activate(NEXT)));
    assertClosed(TWO);
  }

  @Test
  void oneAtATime() throws Exception {
    Promise<SpaceService> opening = Promise.promise();
    var candidate = next.result();
    next = opening.future();
    var first = spaces.activate(NEXT);
    assertTrue(spaces.now().activating());
    assertInstanceOf(Activation.Busy.class, await(spaces.activate(NEXT)));
    opening.complete(candidate);
    assertInstanceOf(Activation.Activated.class, await(first));
    assertEquals(1, registry.get("trawl.space.activations").tag("ended", "busy").counter().count());
  }

  @Test
  void theNextActivationWaitsForTheSpaceBeforeToEnd() throws Exception {
    var open = backbone(ONE).hangs();
    var early = ask(new Asking(ticker));
    await(spaces.activate(NEXT));
    next = Future.succeededFuture(space(3));
    var third = spaces.activate(NEXT);
    assertFalse(third.isComplete());
    assertEquals(2.0, registry.get("trawl.spaces.open").gauge().value());
    open.complete(golden());
    assertInstanceOf(Activation.Activated.class, await(third));
    assertEquals(ONE, space(await(early)));
    assertClosed(ONE);
    assertClosed(TWO);
    assertTrue(closed.isEmpty(), closed.toString());
  }

  @Test
  void nothingIsActivatedOnceTheGatewayCloses() throws Exception {
    Promise<SpaceService> opening = Promise.promise();
    var candidate = next.result();
    next = opening.future();
    var late = spaces.activate(NEXT);
    await(spaces.close());
    opening.complete(candidate);
    assertEquals(new Activation.Refused("the gateway is closing"), await(late));
    assertClosed(ONE);
    assertClosed(TWO);
  }

  private Future<SpaceService> opened() {
    fault.ifPresent(FakeBackbone::raise);
    return next;
  }

  /** The next that closes, or has closed. */
  private void assertClosed(SpaceId space) throws Exception {
    assertEquals(space, closed.poll(10, SECONDS));
  }

  private int finishing() {
    return spaces.now().finishing();
  }

  private SpaceService space(long version) {
    var opened =
        Space.open(
            TinySpace.in(folder.resolve("v" + version)).version(version).write(),
            Verification.CHECKSUMS);
    var backbone = new FakeBackbone();
    backbone.gives(opened.goldenRequests().getFirst().queryVectors());
    backbones.put(opened.id(), backbone);
    var parts = TestParts.of(vertx, pool, ticker, registry);
    return new SpaceService(
        opened,
        SearchableSpace.of(opened, Kernels.plain()),
        backbone,
        List.of(_ -> Future.succeededFuture(other)),
        parts,
        () -> {
          closed.add(opened.id());
          opened.close();
        });
  }

  private FakeBackbone backbone(SpaceId space) {
    return Objects.requireNonNull(backbones.get(space), space::toString);
  }

  private static EncodeOutcome golden() {
    return new EncodeOutcome.Encoded(
        new QueryVectors(TinySpace.queryVectors(), TinySpace.QUERY_VECTORS, TinySpace.VECTOR_WIDTH),
        0,
        0,
        10,
        20);
  }

  private SpaceId answered(Asking asking) throws Exception {
    return space(await(ask(asking)));
  }

  private Future<RetrievalOutcome> ask(Asking asking) {
    return ask(asking, new Cancellation());
  }

  private Future<RetrievalOutcome> ask(Asking asking, Cancellation caller) {
    return spaces.retrieve(asking.build(), asking.deadline(), caller);
  }

  private static SpaceId space(RetrievalOutcome outcome) {
    return assertInstanceOf(RetrievalOutcome.Answered.class, outcome).retrieval().space();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }
}
