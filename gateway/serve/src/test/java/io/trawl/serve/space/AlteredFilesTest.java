package io.trawl.serve.space;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.Asking;
import io.trawl.serve.FakeBackbone;
import io.trawl.serve.ReadinessOptions;
import io.trawl.serve.SearchOptions;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.Soundness;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.SourceFailed;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that change under a running gateway: it must say that it is not ready, give no other items
 * as if they were right, and none of its parts may stop for good.
 */
class AlteredFilesTest {

  private static final String VECTORS = "item_vectors.npy";

  private static final RetrievalOutcome OUT_OF_SERVICE =
      new RetrievalOutcome.SearchFailed(Soundness.OUT_OF_SERVICE);

  private final Vertx vertx = Vertx.vertx();
  private final Ticker ticker = Ticker.system();
  private final ComputePool pool = new ComputePool(2, 64);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeBackbone backbone = new FakeBackbone();
  private Path directory = Path.of("");
  private Space space;
  private SearchableSpace serving;
  private SpaceSwitch spaces;
  private SpaceService service;
  private FilesWatch watch;

  @BeforeEach
  void open(@TempDir Path folder) throws Exception {
    directory = TinySpace.write(folder);
    space = Space.open(directory, Verification.CHECKSUMS);
    serving = SearchableSpace.of(space, Kernels.choose().kernel());
    backbone.gives(space.goldenRequests().getFirst().queryVectors());
    serve(Duration.ofMillis(1), Duration.ZERO);
  }

  private void serve(Duration interval, Duration checksumInterval) throws Exception {
    var readiness =
        new ReadinessOptions(interval, Duration.ofSeconds(10), 1e-4, 1e-3, checksumInterval);
    var parts =
        new SharedParts(
            vertx,
            pool,
            SearchOptions.defaults(),
            readiness,
            ticker,
            () -> TinySpace.NOW,
            () -> 7,
            registry);
    service = new SpaceService(space, serving, backbone, List.of(), parts, () -> {});
    watch =
        new FilesWatch(
            space,
            serving.soundness(),
            Duration.ZERO,
            Duration.ZERO,
            service.probe()::again,
            registry);
    spaces =
        new SpaceSwitch(service, _ -> Future.failedFuture(new AssertionError()), ticker, registry);
    spaces.start();
    await(spaces.ready());
  }

  @AfterEach
  void close() throws Exception {
    await(spaces.close());
    pool.close();
    await(vertx.close());
    space.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {VECTORS, "items.tsv"})
  void aFileThatIsWrittenOverIsSeenByTheGoldenRequests(String file) throws Exception {
    var before = Files.readAllBytes(directory.resolve(file));
    overwrite(file, scrambled(before));
    untilNotReady(why -> why.contains("golden request"));
    overwrite(file, before);
    until(Readiness.Ready.class::isInstance);
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
  }

  @ParameterizedTest
  @ValueSource(strings = {VECTORS, "items.tsv", "neighbours.npy", "item_embeddings.npy"})
  void checksumsTakeASpaceOutOfServiceAndBack(String file) throws Exception {
    watch.look(_ -> {});
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
    var before = Files.readAllBytes(directory.resolve(file));
    overwrite(file, scrambled(before));
    watch.look(_ -> {});
    untilNotReady(why -> why.contains(file) || why.contains("golden"));
    assertEquals(OUT_OF_SERVICE, asked(new Asking(ticker)));
    assertEquals(1, faults("checksum"));
    overwrite(file, before);
    assertEquals(OUT_OF_SERVICE, asked(new Asking(ticker)));
    watch.look(_ -> {});
    until(Readiness.Ready.class::isInstance);
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
  }

  @Test
  void aFileThatAnotherOneTookThePlaceOfIsStillServed() throws Exception {
    var aside = Files.write(directory.resolve("aside"), new byte[] {1});
    Files.move(aside, directory.resolve(VECTORS), StandardCopyOption.ATOMIC_MOVE);
    watch.look(_ -> {});
    assertInstanceOf(Readiness.Ready.class, spaces.readiness());
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
  }

  @ParameterizedTest
  @ValueSource(strings = {VECTORS, "items.tsv"})
  void aFileThatIsCutOffTakesTheSpaceOutOfService(String file) throws Exception {
    var before = Files.readAllBytes(directory.resolve(file));
    cutOff(file);
    assertEquals(OUT_OF_SERVICE, asked(new Asking(ticker)));
    assertTrue(faults("memory") > 0);
    untilNotReady(why -> why.contains("no longer be read"));
    assertThrows(SourceFailed.class, () -> spaces.item("i1"));
    overwrite(file, before);
    until(
        readiness -> {
          // A check that was on its way may have met the fault after the first look began.
          watch.look(_ -> {});
          return readiness instanceof Readiness.Ready;
        });
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
    assertEquals("i1", spaces.item("i1").value().orElseThrow().id());
  }

  @Test
  void aCutGraphEndsAnExplorationTheSameWay() throws Exception {
    cutOff("neighbours.npy");
    assertEquals(OUT_OF_SERVICE, asked(new Asking(ticker).explore(3, 2, 2)));
  }

  @Test
  void anItemOfACutCatalogueIsOutOfServiceToo() throws Exception {
    cutOff("items.tsv");
    assertThrows(SourceFailed.class, () -> spaces.item("i1"));
    assertTrue(serving.soundness().flaw().isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {VECTORS, "items.tsv"})
  void theProbeSeesACutFileAndGoesOn(String file) throws Exception {
    cutOff(file);
    untilNotReady(_ -> true);
    var asked = backbone.asked.size();
    var more = new CompletableFuture<Void>();
    vertx.setPeriodic(
        1,
        _ -> {
          if (backbone.asked.size() > asked + 3) {
            more.complete(null);
          }
        });
    more.get(10, SECONDS);
  }

  @Test
  void theFilesAreLookedAtInTheBackground() throws Exception {
    await(spaces.close());
    serve(Duration.ofMillis(1), Duration.ofMillis(1));
    overwrite(
        "item_embeddings.npy",
        scrambled(Files.readAllBytes(directory.resolve("item_embeddings.npy"))));
    untilNotReady(why -> why.contains("item_embeddings.npy"));
  }

  @ParameterizedTest
  @ValueSource(strings = {VECTORS, "items.tsv"})
  void filesThatArePutRightAnswerLongBeforeTheNextLook(String file) throws Exception {
    await(spaces.close());
    serve(Duration.ofMillis(1), Duration.ofHours(1));
    var before = Files.readAllBytes(directory.resolve(file));
    cutOff(file);
    untilNotReady(why -> why.contains("no longer be read"));
    overwrite(file, before);
    until(Readiness.Ready.class::isInstance);
    assertInstanceOf(RetrievalOutcome.Answered.class, asked(new Asking(ticker)));
  }

  @Test
  void readinessDoesNotWaitForItsTurnWhenFilesArePutRight() throws Exception {
    await(spaces.close());
    serve(Duration.ofHours(1), Duration.ZERO);
    var before = Files.readAllBytes(directory.resolve(VECTORS));
    cutOff(VECTORS);
    service.probe().again();
    untilNotReady(why -> why.contains("no longer be read"));
    overwrite(VECTORS, before);
    watch.look(_ -> {});
    until(Readiness.Ready.class::isInstance);
  }

  private void overwrite(String file, byte[] bytes) throws IOException {
    Files.write(directory.resolve(file), bytes, StandardOpenOption.WRITE);
  }

  /** To nothing: of a page that is there in part the rest reads as zeros. */
  private void cutOff(String file) throws IOException {
    Files.write(directory.resolve(file), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
  }

  private static byte[] scrambled(byte[] bytes) {
    var other = bytes.clone();
    Arrays.fill(other, 128, other.length, (byte) 'x');
    return other;
  }

  private double faults(String kind) {
    return registry.get("trawl.space.faults").tag("kind", kind).counter().count();
  }

  private RetrievalOutcome asked(Asking asking) throws Exception {
    return await(spaces.retrieve(asking.build(), asking.deadline(), new Cancellation()));
  }

  private void untilNotReady(Predicate<String> why) throws Exception {
    until(readiness -> readiness instanceof Readiness.NotReady(var reason) && why.test(reason));
  }

  private void until(Predicate<Readiness> wanted) throws Exception {
    var there = new CompletableFuture<Void>();
    vertx.setPeriodic(
        1,
        _ -> {
          if (wanted.test(spaces.readiness())) {
            there.complete(null);
          }
        });
    try {
      there.get(10, SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("still " + spaces.readiness(), late);
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }
}
