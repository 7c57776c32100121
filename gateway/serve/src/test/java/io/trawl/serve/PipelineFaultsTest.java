package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.ScoreKernel;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a step of a request does, the request ends typed and the space is left: a use that never
 * ends keeps a space open for good, and with it the next activation and the gateway's own end.
 */
class PipelineFaultsTest {

  /** The steps that something outside of the pipeline takes part in. */
  enum Step {
    SEED,
    CLOCK,
    BACKBONE,
    NEIGHBOURS,
    HITS,
    SCORES
  }

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(2, 8);
  private final Uses uses = new Uses();
  private final Uses.Lease mine = uses.begin().orElseThrow();
  private Space space;
  private @Nullable Step broken;
  private Supplier<Object> fault = Object::new;
  private volatile @Nullable Handler<Long> deadline;

  @BeforeEach
  void open(@TempDir Path directory) {
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
    backbone.gives(space.goldenRequests().getFirst().queryVectors());
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().await(10, SECONDS);
    space.close();
  }

  static Stream<Arguments> faults() {
    Stream<Supplier<Object>> kinds =
        Stream.of(
            () -> raise(new IllegalStateException("a bug")),
            () -> raise(new AssertionError("a broken promise")),
            () -> raise(new StackOverflowError()));
    return kinds.flatMap(kind -> Stream.of(Step.values()).map(step -> Arguments.of(step, kind)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aStepThatThrowsEndsTheRequestAsFailed(Step step, Supplier<Object> kind) throws Exception {
    breaks(step, kind);
    assertEquals(new RetrievalOutcome.Failed(), ended(asking(step)));
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"NEIGHBOURS", "HITS"})
  void aSourceThatNeverAnswersIsLeftAtTheDeadline(Step step) throws Exception {
    breaks(
        step,
        () -> {
          passDeadline();
          return Promise.promise().future();
        });
    assertEquals(new RetrievalOutcome.Expired("search"), ended(asking(step)));
    assertNothingLeft();
  }

  @Test
  void aBackboneThatNeverAnswersIsLeftAtTheDeadlineAndKeepsTheSpaceWhileItWorks() throws Exception {
    Promise<EncodeOutcome> open = Promise.promise();
    breaks(
        Step.BACKBONE,
        () -> {
          passDeadline();
          return open.future();
        });
    assertEquals(new RetrievalOutcome.Expired("backbone"), ended(asking(Step.BACKBONE)));
    assertEquals(2, uses.count());
    open.complete(new EncodeOutcome.Cancelled());
    assertNothingLeft();
  }

  @Test
  void aBlankTextIsNone() throws Exception {
    var refused =
        assertInstanceOf(
            RetrievalOutcome.Invalid.class,
            ended(new Asking(ticker).objectives(new ObjectiveRequest("text-search", " \t"))));
    assertEquals("objectives[0].text", refused.violations().getFirst().field());
    assertInstanceOf(
        RetrievalOutcome.Answered.class,
        ended(new Asking(ticker).objectives(new ObjectiveRequest("next-item", ""))));
    assertNothingLeft();
  }

  /** Vert.x whose timers go off when the test says so. */
  @SuppressWarnings("unchecked")
  private Object timed(Object proxy, Method method, Object[] arguments) throws Throwable {
    return switch (method.getName()) {
      case "setTimer" -> {
        deadline = (Handler<Long>) arguments[1];
        yield 0L;
      }
      case "cancelTimer" -> true;
      default -> method.invoke(vertx, arguments);
    };
  }

  private void passDeadline() {
    Objects.requireNonNull(deadline).handle(0L);
  }

  private void breaks(Step step, Supplier<Object> kind) {
    broken = step;
    fault = kind;
  }

  /** What the step gives, or what the test makes of it. */
  @SuppressWarnings("unchecked")
  private <T> T at(Step step, Supplier<T> works) {
    return step == broken ? (T) fault.get() : works.get();
  }

  private static Object raise(Throwable thrown) {
    FakeBackbone.raise(thrown);
    return thrown;
  }

  private Asking asking(Step step) {
    var asking = new Asking(ticker);
    return switch (step) {
      case HITS -> asking.engine("milvus");
      case NEIGHBOURS -> asking.explore(3, 2, 2);
      default -> asking;
    };
  }

  private RetrievalOutcome ended(Asking asking) throws Exception {
    var graph = NeighbourSource.local(space.neighbours().orElseThrow());
    var sources =
        new SpaceSources(
            (ordinals, count, deadline, cancellation) ->
                at(
                    Step.NEIGHBOURS,
                    () -> graph.neighbours(ordinals, count, deadline, cancellation)),
            (_, _, _) ->
                at(
                    Step.HITS,
                    () -> Future.succeededFuture(new Hits(new int[0][], new float[0], true))),
            2);
    var plain = Kernels.plain();
    var kernel =
        new ScoreKernel() {
          @Override
          public String name() {
            return plain.name();
          }

          @Override
          public Scorer scorer(ItemVectors items, QueryVectors queries) {
            return at(Step.SCORES, () -> plain.scorer(items, queries));
          }
        };
    var model =
        new Backbone() {
          @Override
          public Future<EncodeOutcome> encode(
              EncodeRequest request, Deadline deadline, Cancellation cancellation) {
            return at(Step.BACKBONE, () -> backbone.encode(request, deadline, cancellation));
          }

          @Override
          public Future<Optional<String>> disagreement(Deadline deadline) {
            return backbone.disagreement(deadline);
          }
        };
    var pipeline =
        new RetrievalPipeline(
            SearchableSpace.of(space, kernel, sources),
            model,
            new SharedParts(
                (Vertx)
                    Proxy.newProxyInstance(
                        getClass().getClassLoader(), new Class<?>[] {Vertx.class}, this::timed),
                pool,
                SearchOptions.defaults(),
                ReadinessOptions.defaults(),
                ticker,
                () -> at(Step.CLOCK, () -> TinySpace.NOW),
                () -> at(Step.SEED, () -> 7L),
                new SimpleMeterRegistry()),
            uses);
    return pipeline
        .retrieve(asking.build(), asking.deadline(), new Cancellation())
        .await(10, SECONDS);
  }

  /** The space can be closed: nobody has it but the test itself. */
  private void assertNothingLeft() throws Exception {
    mine.close();
    uses.close().await(10, SECONDS);
    assertEquals(0, uses.count());
    assertTrue(pool.queued() == 0, "searches wait");
  }
}
