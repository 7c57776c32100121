package io.trawl.api;

import io.trawl.domain.Certificate;
import io.trawl.domain.Deadline;
import io.trawl.domain.Degradation;
import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.Leg;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedList;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Round;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Span;
import io.trawl.domain.Stage;
import io.trawl.domain.User;
import io.trawl.domain.Why;
import io.trawl.serve.OfSpace;
import io.trawl.serve.RetrievalBatch;
import io.trawl.serve.Retriever;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline that answers from the request alone, or as a test scripts it. It knows the objectives
 * {@code next-item} and {@code search} and refuses others as the real one does.
 */
final class FakeRetriever implements Retriever {

  static final SpaceId SPACE = new SpaceId("demo", 3);

  private volatile Script script = (request, _, _) -> answer(request);
  private volatile CompletableFuture<Asked> asked = new CompletableFuture<>();

  private final CompletableFuture<SearchQuery> searched = new CompletableFuture<>();
  private volatile BiFunction<RetrievalRequest, ObjIntConsumer<ObjectiveRetrieval>, Future<Void>>
      rounding = (_, _) -> Future.succeededFuture();

  void script(Script next) {
    script = next;
    asked = new CompletableFuture<>();
  }

  void endWith(RetrievalOutcome outcome) {
    script((_, _, _) -> Future.succeededFuture(outcome));
  }

  /** Never answers; what it was asked tells whether it was cancelled. */
  void hang() {
    script((_, _, _) -> Future.future(_ -> {}));
  }

  /** What the last scripted call was asked, once it was. */
  CompletableFuture<Asked> asked() {
    return asked;
  }

  /** How often something was to run beside the event loop. */
  final AtomicInteger computed = new AtomicInteger();

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
    var now = asked;
    var cancelled = new CompletableFuture<Void>();
    cancellation.onCancel(() -> cancelled.complete(null));
    now.complete(new Asked(request, deadline, cancelled));
    return script.retrieve(request, deadline, cancellation);
  }

  /** Tells no rounds unless a test scripts them. */
  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation cancellation,
      ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return rounding.apply(request, rounds).compose(_ -> retrieve(request, deadline, cancellation));
  }

  /** What happens before the answer of a streamed request; it is asked for when that is over. */
  void rounds(
      BiFunction<RetrievalRequest, ObjIntConsumer<ObjectiveRetrieval>, Future<Void>> script) {
    rounding = script;
  }

  @Override
  public RetrievalBatch batch(Deadline latest) {
    return new RetrievalBatch() {
      @Override
      public Future<RetrievalOutcome> retrieve(
          RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
        return FakeRetriever.this.retrieve(request, deadline, cancellation);
      }

      @Override
      public long neighboursAsked() {
        return 30;
      }

      @Override
      public long neighboursFetched() {
        return 20;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Future<RetrievalOutcome> search(
      SearchQuery query, Deadline deadline, Cancellation cancellation) {
    searched.complete(query);
    var request =
        new RetrievalRequest(
            query.id(),
            new User("", Map.of(), List.of()),
            List.of(new ObjectiveRequest("next-item", null)),
            query.k(),
            new RetrievalRequest.ItemChoice(query.filter(), query.excludedItems(), false),
            null,
            query.engine(),
            new RetrievalRequest.Answering(query.explain(), OnMissing.SKIP, null));
    return script.retrieve(request, deadline, cancellation);
  }

  /** The first query without a user. */
  CompletableFuture<SearchQuery> searched() {
    return searched;
  }

  @Override
  public double cost(Retriever.Asked asked) {
    var rounds = asked.engine().rounds();
    return Math.max(1, asked.lists()) * (rounds == null ? 1 : rounds);
  }

  @Override
  public <T> Future<T> compute(Supplier<T> work) {
    computed.incrementAndGet();
    return Future.future(promise -> promise.complete(work.get()));
  }

  @Override
  public boolean waitsLong() {
    return false;
  }

  @Override
  public SpaceId space() {
    return SPACE;
  }

  @Override
  public OfSpace<List<Objective>> objectives() {
    return new OfSpace<>(
        SPACE,
        List.of(
            new Objective("next-item", "What comes next", Objective.TextUse.NONE),
            new Objective(
                "search",
                "Items for a query",
                Objective.TextUse.REQUIRED,
                new Objective.Rules(true, "category", true),
                true)));
  }

  @Override
  public OfSpace<Optional<Item>> item(String id) {
    return new OfSpace<>(SPACE, found(id));
  }

  private static Optional<Item> found(String id) {
    return switch (id) {
      case "B01", "a/b c%+", "..", "ä" ->
          Optional.of(
              new Item(
                  id,
                  "Title of " + id,
                  Map.of(
                      "brand", List.of(new Filter.Text("Acme"), new Filter.Text("Öl")),
                      "price", List.of(new Filter.Number(12.5)),
                      "new", List.of(new Filter.Flag(true)))));
      default -> Optional.empty();
    };
  }

  private static Future<RetrievalOutcome> answer(RetrievalRequest request) {
    List<ObjectiveRetrieval> lists = new ArrayList<>();
    for (int i = 0; i < request.objectives().size(); i++) {
      var name = request.objectives().get(i).name();
      if (!name.equals("next-item") && !name.equals("search")) {
        return Future.succeededFuture(
            RetrievalOutcome.Invalid.of(
                "objectives[" + i + "].name",
                "is \"" + name + "\"; expected one of next-item, search"));
      }
      lists.add(list(request, name));
    }
    return Future.succeededFuture(
        new RetrievalOutcome.Answered(
            new Retrieval(
                request.id(),
                SPACE,
                lists,
                request.merge() == null ? null : merged(request),
                Map.of(Stage.PROMPT, 120_000L, Stage.BACKBONE, 4_500_999L),
                request.explain()
                    ? List.of(new Span("round", "next-item", 7_000, 9_000))
                    : List.of(),
                List.of())));
  }

  private static MergedList merged(RetrievalRequest request) {
    var objective = request.objectives().getFirst();
    var place = new MergedItem.Place(objective.name(), 1, 0.5f, why(request, 1));
    return new MergedList(
        List.of(
            new MergedItem(
                "item-0",
                Objects.requireNonNull(request.merge()).by().name(),
                objective.weight() / 64,
                objective.name(),
                List.of(place))),
        List.of(new Degradation(Degradation.Kind.FEWER_THAN_K, "1 of " + objective.quota())));
  }

  private static @Nullable Why why(RetrievalRequest request, int round) {
    return request.explain() ? new Why(3, round, round == 1 ? null : "item-9") : null;
  }

  static ObjectiveRetrieval list(RetrievalRequest request, String objective) {
    var items =
        IntStream.range(0, request.k())
            .mapToObj(
                i ->
                    new RankedItem(
                        "item-" + i, "Title " + i, 1f / (i + 3), why(request, i % 2 + 1)))
            .toList();
    return new ObjectiveRetrieval(
        objective,
        items,
        new ObjectiveRetrieval.Search(
            "explore",
            request.engine().seed() == null ? 42 : request.engine().seed(),
            4,
            5_000,
            640_000),
        request.user().history().size(),
        List.of(new Degradation(Degradation.Kind.FEWER_THAN_K, "found 3 of 10")),
        request.explain() ? List.of(new Round(1, 0, 0, 500, 10, 77_000)) : List.of(),
        request.explain()
            ? new ObjectiveRetrieval.Remarks(
                Certificate.DEPTH, "tail_only left out 3 items", List.of(Leg.DENSE, Leg.LEXICAL))
            : ObjectiveRetrieval.Remarks.NONE);
  }

  /** How a call is to be answered. */
  @FunctionalInterface
  interface Script {
    Future<RetrievalOutcome> retrieve(
        RetrievalRequest request, Deadline deadline, Cancellation cancellation);
  }

  record Asked(RetrievalRequest request, Deadline deadline, CompletableFuture<Void> cancelled) {}
}
