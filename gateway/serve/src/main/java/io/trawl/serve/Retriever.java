package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SpaceId;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the edges ask of the gateway. */
public interface Retriever {

  /**
   * Answers a request.
   *
   * @param deadline by when the returned future is complete
   * @param cancellation what the edge fires when the caller goes away
   * @return how it ended; the future itself never fails
   */
  Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation);

  /**
   * Answers a request, and tells its lists while they grow.
   *
   * @param rounds told the list of an objective after each of its rounds but the last, and the
   *     objective's place among those asked, from 0; on the caller's context, never after the
   *     returned future has completed
   */
  Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation cancellation,
      ObjIntConsumer<ObjectiveRetrieval> rounds);

  /**
   * Begins a batch, to be closed by the caller; all of it is answered by one space.
   *
   * @param latest by when the last of its retrievals is complete
   */
  RetrievalBatch batch(Deadline latest);

  /** Answers a query that brings or names its query vectors; its one list has no objective. */
  Future<RetrievalOutcome> search(SearchQuery query, Deadline deadline, Cancellation cancellation);

  /**
   * What a request costs, in searches that leave everything to the gateway: at least 1. Told before
   * anything is done, of the space that answers now; it prices what must be bounded together.
   */
  double cost(Asked asked);

  /**
   * What of a request makes it dear.
   *
   * @param engine what it says of its engine
   * @param lists how many it asks for
   * @param queryVectors how many it brings for each; 0 where the backbone gives them
   * @param texts how many of them have a text, whose words are looked for
   * @param filter that every item is held against, null for none
   */
  record Asked(
      EngineRequest engine, int lists, int queryVectors, int texts, @Nullable Filter filter) {

    /** One without texts. */
    public Asked(EngineRequest engine, int lists, int queryVectors, @Nullable Filter filter) {
      this(engine, lists, queryVectors, 0, filter);
    }
  }

  /**
   * Runs a piece of work where searches run, and not on the event loop; its result arrives on the
   * caller's context.
   *
   * @return fails with {@code SearchDriver.NoRoom} where too much waits for a thread, or with what
   *     the work throws
   */
  <T> Future<T> compute(Supplier<T> work);

  /** Whether the work that began last had waited for a thread longer than work should. */
  boolean waitsLong();

  /** The space that answers now. */
  SpaceId space();

  /** The objectives of the space that answers now, in its own order. */
  OfSpace<List<Objective>> objectives();

  /**
   * An item of the space that answers now, by its outside id.
   *
   * @throws io.trawl.serve.source.SourceFailed where the space can no longer be read
   */
  OfSpace<Optional<Item>> item(String id);
}
