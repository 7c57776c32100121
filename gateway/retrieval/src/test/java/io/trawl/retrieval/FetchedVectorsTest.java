package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Certificate;
import io.trawl.retrieval.Search.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Whoever fetches the vectors of what it scores must answer as whoever holds them all, bit by bit;
 * and where it may fetch few, it fetches no more, and promises nothing that it cannot keep.
 */
class FetchedVectorsTest {

  private static final int COUNT = 300;
  private static final int WIDTH = 8;

  private final long seed = RandomGenerator.getDefault().nextLong();
  private final Random random = new Random(seed);
  private final ItemVectors items = Samples.items(random, COUNT, WIDTH);
  private final NeighbourTable neighbours = Samples.neighbours(items, 8);
  private final List<Integer> fetched = new ArrayList<>();

  /** The same engine twice: with its vectors, and without. */
  private record Twins(Engine held, Engine fetching) {}

  private Twins twins() {
    var kernel = random.nextBoolean() ? Kernels.plain() : Kernels.choose().kernel();
    var firstHits = random.nextInt(20);
    return switch (random.nextInt(3)) {
      case 0 ->
          new Twins(Engine.explore(items, kernel), Engine.exploreFetched(COUNT, WIDTH, kernel));
      case 1 ->
          new Twins(
              Engine.explore(items, Kernels.cosine(kernel, items)),
              Engine.exploreFetched(COUNT, WIDTH, Kernels.cosine(kernel)));
      default ->
          new Twins(
              Engine.milvus(items, kernel, firstHits),
              Engine.milvusFetched(COUNT, WIDTH, kernel, firstHits));
    };
  }

  private SearchRequest request(int mostFetched) {
    return new SearchRequest(
        Samples.queries(random, 1 + random.nextInt(9), WIDTH),
        1 + random.nextInt(80),
        random.nextBoolean() ? ItemSet.all(COUNT) : Samples.subset(random, COUNT, 0.5),
        random.nextLong(),
        new ExploreSettings(
            1 + random.nextInt(5),
            1 + random.nextInt(120),
            1 + random.nextInt(20),
            1 + random.nextInt(8)),
        random.nextBoolean() ? new int[0] : new int[] {7, 3},
        true,
        mostFetched);
  }

  private SearchResult finish(Search search, SearchRequest request) {
    for (var step = search.advance(); ; step = search.advance()) {
      switch (step) {
        case Step.More _ -> {}
        case Step.NeedNeighbours need ->
            search.supply(
                new Search.Answer.Neighbours(neighbours.lists(need.ordinals(), need.count())));
        case Step.NeedHits need -> search.supply(hits(need, request.queries()));
        case Step.NeedVectors need -> {
          IntStream.of(need.ordinals()).forEach(fetched::add);
          search.supply(new Search.Answer.Vectors(items.rows(need.ordinals())));
        }
        case Step.Finished _ -> {
          return search.result();
        }
      }
    }
  }

  /** Exact lists, which are longer than was asked for as soon as an index cannot filter. */
  private Hits hits(Step.NeedHits need, QueryVectors queries) {
    var ordinals = new int[need.queryVectors().length][];
    var bounds = new float[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      var query = need.queryVectors()[i];
      ordinals[i] =
          IntStream.range(0, COUNT)
              .boxed()
              .sorted(Comparator.comparingDouble(o -> -Samples.inner(items, o, queries, query)))
              .limit(2L * need.limit())
              .mapToInt(Integer::intValue)
              .toArray();
      bounds[i] = Samples.inner(items, ordinals[i][ordinals[i].length - 1], queries, query);
    }
    return new Hits(ordinals, bounds, true);
  }

  @Test
  void answersAsTheOneThatHoldsThem() {
    for (var run = 0; run < 300; run++) {
      var twins = twins();
      var request = request(100 * COUNT);
      var held = twins.held().start(request);
      var fetching = twins.fetching().start(request);
      var expected = finish(held, request);
      assertTrue(fetched.isEmpty(), this::seed);
      var result = finish(fetching, request);
      assertArrayEquals(expected.ordinals(), result.ordinals(), this::seed);
      assertArrayEquals(expected.scores(), result.scores(), 0f, this::seed);
      assertEquals(expected.rounds(), result.rounds(), this::seed);
      assertEquals(expected.itemsScored(), result.itemsScored(), this::seed);
      assertEquals(expected.certificate(), result.certificate(), this::seed);
      assertEquals(0, result.itemsDropped(), this::seed);
      assertEquals(result.itemsScored(), fetched.size(), this::seed);
      var why = fetching.explanation();
      assertArrayEquals(held.explanation().queryVectors(), why.queryVectors(), this::seed);
      assertArrayEquals(held.explanation().foundIn(), why.foundIn(), this::seed);
      assertArrayEquals(held.explanation().neighbourOf(), why.neighbourOf(), this::seed);
      fetched.clear();
    }
  }

  @Test
  void fetchesEachItemOnceAndNoMoreThanItMay() {
    var dropped = 0;
    for (var run = 0; run < 300; run++) {
      var request = request(random.nextInt(150));
      var engine = twins().fetching();
      var result = finish(engine.start(request), request);
      assertTrue(result.finished(), this::seed);
      assertTrue(fetched.size() <= request.mostFetched(), this::seed);
      assertEquals(fetched.size(), new HashSet<>(fetched).size(), this::seed);
      assertEquals(fetched.size(), result.itemsScored(), this::seed);
      for (var ordinal : result.ordinals()) {
        assertTrue(request.eligible().contains(ordinal) && fetched.contains(ordinal), this::seed);
      }
      if (result.itemsDropped() > 0) {
        dropped++;
        assertEquals(request.mostFetched(), fetched.size(), this::seed);
        assertNotEquals(Certificate.EXACT, result.certificate(), this::seed);
        assertNotEquals(Certificate.DEPTH, result.certificate(), this::seed);
      }
      if (result.certificate() == Certificate.EXACT) {
        assertArrayEquals(
            Samples.ranking(items, request.queries(), request.eligible(), request.k()),
            result.ordinals(),
            this::seed);
      }
      fetched.clear();
    }
    assertTrue(dropped > 50, () -> "few searches met more than they might fetch; " + seed());
  }

  @Test
  void asksForListsThatItCanAfford() {
    var queries = Samples.queries(random, 10, WIDTH);
    var engine = Engine.milvusFetched(COUNT, WIDTH, Kernels.plain(), 16);
    var settings = new ExploreSettings(1, 1, 1, 1);
    var request =
        new SearchRequest(queries, 100, ItemSet.all(COUNT), 1, settings, new int[0], false, 57);
    var need = assertInstanceOf(Step.NeedHits.class, engine.start(request).advance());
    assertEquals(5, need.limit());
  }

  @Test
  void refusesRowsThatItDidNotAskFor() {
    var request = request(COUNT);
    var search = Engine.exploreFetched(COUNT, WIDTH, Kernels.plain()).start(request);
    assertThrows(
        IllegalStateException.class, () -> search.supply(new Search.Answer.Vectors(items)));
    var need = assertInstanceOf(Step.NeedVectors.class, search.advance());
    assertThrows(IllegalStateException.class, search::advance);
    assertThrows(
        IllegalStateException.class,
        () -> search.supply(new Search.Answer.Neighbours(new int[0][])));
    var narrow = ItemVectors.of(new float[need.ordinals().length], 1);
    assertThrows(
        IllegalArgumentException.class, () -> search.supply(new Search.Answer.Vectors(narrow)));
    assertThrows(
        IllegalArgumentException.class,
        () -> search.supply(new Search.Answer.Vectors(items.rows(new int[0]))));
    search.supply(new Search.Answer.Vectors(items.rows(need.ordinals())));
    assertTrue(finish(search, request).finished());
  }

  private String seed() {
    return "seed " + seed;
  }
}
