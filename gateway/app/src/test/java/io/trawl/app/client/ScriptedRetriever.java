package io.trawl.app.client;

import io.trawl.domain.Deadline;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.Item;
import io.trawl.domain.Leg;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import io.trawl.domain.Why;
import io.trawl.serve.OfSpace;
import io.trawl.serve.RetrievalBatch;
import io.trawl.serve.Retriever;
import io.trawl.serve.source.Cancellation;
import io.trawl.space.Space;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A retriever behind the real edges that needs no backbone: it ranks by chance, the same for the
 * same user and objective. Its explore lacks every tenth item of its exact list.
 */
public final class ScriptedRetriever implements Retriever {

  static final ObjectiveRetrieval.Remarks REMARKS =
      new ObjectiveRetrieval.Remarks(null, "2 left out", List.of(Leg.DENSE, Leg.LEXICAL));

  /** Words alone found it. */
  static final Why WHY = new Why(null, new Why.Legs(null, new Why.At(4, 2.5f)));

  private final Space space;
  private final Function<RetrievalRequest, Optional<RetrievalOutcome>> instead;
  private final List<RetrievalRequest> received = Collections.synchronizedList(new ArrayList<>());

  /**
   * @param instead what to answer instead of a list, where it is given
   */
  public ScriptedRetriever(
      Space space, Function<RetrievalRequest, Optional<RetrievalOutcome>> instead) {
    this.space = space;
    this.instead = instead;
  }

  /** The requests as they arrived, edges passed. */
  public List<RetrievalRequest> received() {
    return List.copyOf(received);
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
    received.add(request);
    return Future.succeededFuture(
        instead.apply(request).orElseGet(() -> new RetrievalOutcome.Answered(answer(request))));
  }

  private Retrieval answer(RetrievalRequest request) {
    return new Retrieval(
        request.id(),
        space.id(),
        request.objectives().stream().map(o -> list(request, o.name())).toList(),
        Map.of(Stage.PROMPT, 400_000L, Stage.BACKBONE, 6_200_000L, Stage.SEARCH, 1_100_000L));
  }

  private ObjectiveRetrieval list(RetrievalRequest request, String objective) {
    var exact = request.engine().engine() == EngineName.EXACT;
    var ordinals = new ArrayList<>(IntStream.range(0, space.catalogue().count()).boxed().toList());
    Collections.shuffle(ordinals, new Random((request.user().id() + objective).hashCode()));
    var items = new ArrayList<RankedItem>();
    for (var place = 0; items.size() < request.k() && place < ordinals.size(); place++) {
      var ordinal = ordinals.get(place);
      if (exact || place % 10 != 9) {
        items.add(
            new RankedItem(
                space.catalogue().id(ordinal),
                space.catalogue().title(ordinal),
                9 - (float) place / ordinals.size(),
                WHY));
      }
    }
    var seed = request.engine().seed();
    return new ObjectiveRetrieval(
        objective,
        items,
        new ObjectiveRetrieval.Search(
            exact ? "exact" : "explore",
            seed == null ? 0 : seed,
            exact ? 1 : 4,
            exact ? ordinals.size() : ordinals.size() / 8,
            32L * ordinals.size()),
        1,
        List.of(new Degradation(Degradation.Kind.HISTORY_TRUNCATED, "2 behaviours did not fit")),
        List.of(),
        REMARKS);
  }

  /** Tells no rounds: what it gives it gives at once. */
  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation cancellation,
      ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return retrieve(request, deadline, cancellation);
  }

  @Override
  public RetrievalBatch batch(Deadline latest) {
    throw new UnsupportedOperationException("no client here sends batches");
  }

  @Override
  public Future<RetrievalOutcome> search(
      SearchQuery query, Deadline deadline, Cancellation cancellation) {
    throw new UnsupportedOperationException("no client here brings query vectors");
  }

  @Override
  public double cost(Retriever.Asked asked) {
    var rounds = asked.engine().rounds();
    return Math.max(1, asked.lists()) * (rounds == null ? 1 : rounds);
  }

  @Override
  public <T> Future<T> compute(Supplier<T> work) {
    return Future.future(promise -> promise.complete(work.get()));
  }

  @Override
  public boolean waitsLong() {
    return false;
  }

  @Override
  public SpaceId space() {
    return space.id();
  }

  @Override
  public OfSpace<List<Objective>> objectives() {
    return new OfSpace<>(space(), List.of());
  }

  @Override
  public OfSpace<Optional<Item>> item(String id) {
    return new OfSpace<>(space(), Optional.empty());
  }
}
