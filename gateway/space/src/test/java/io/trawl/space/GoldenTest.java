package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchResult;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GoldenTest {

  private static final float NUDGE = 0.0008f;

  /** Scores 5, 4, 4 less a nudge, 3, 3 less a nudge: two runs of two. */
  private final GoldenRequest golden =
      golden(new int[] {10, 11, 12, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE);

  @Test
  void acceptsTheSame() {
    accepts(found(new int[] {10, 11, 12, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE));
  }

  @Test
  void acceptsScoresWithinTheTolerance() {
    accepts(found(new int[] {10, 11, 12, 13, 14}, 5.0009f, 4, 3.999f, 3, 2.999f));
  }

  @Test
  void acceptsItemsThatChangePlacesInARun() {
    accepts(found(new int[] {10, 12, 11, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE));
  }

  @Test
  void acceptsAnItemFromBehindTheEndInTheLastRun() {
    accepts(found(new int[] {10, 11, 12, 99, 13}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE));
  }

  @Test
  void refusesItemsThatChangePlacesBetweenRuns() {
    refuses(
        found(new int[] {11, 10, 12, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE),
        "rank 1 is item 11 with score 5.0; expected item 10 with 5.0");
  }

  @Test
  void refusesAStrangerBeforeTheLastRun() {
    refuses(found(new int[] {10, 99, 12, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE), "rank 2");
  }

  @Test
  void refusesAnItemTwice() {
    refuses(found(new int[] {10, 11, 11, 13, 14}, 5, 4, 4 - NUDGE, 3, 3 - NUDGE), "rank 3");
  }

  @Test
  void refusesAScoreThatIsOff() {
    refuses(found(new int[] {10, 11, 12, 13, 14}, 5, 4.002f, 4 - NUDGE, 3, 3 - NUDGE), "rank 2");
    refuses(found(new int[] {10, 11, 12, 13, 14}, Float.NaN, 4, 4 - NUDGE, 3, 3), "rank 1");
  }

  @Test
  void refusesAShortList() {
    refuses(found(new int[] {10, 11}, 5, 4), "gave 2 items; expected 5");
  }

  @Test
  void comparesQueryVectorsNumberByNumber() {
    var expected = vectors(1, 2, 3, 4);
    assertEquals(Optional.empty(), compare(expected, vectors(1, 2, 3.00005f, 4)));
    assertEquals(
        "query vector 1 has 3.001 at 0; expected 3.0 within 3.0e-04",
        compare(expected, vectors(1, 2, 3.001f, 4)).orElseThrow());
    assertEquals(
        "query vectors are 1 x 2; expected 2 x 2",
        compare(expected, new QueryVectors(new float[2], 1, 2)).orElseThrow());
  }

  private static Optional<String> compare(QueryVectors expected, QueryVectors actual) {
    return Golden.compareQueryVectors(expected, actual, Golden.QUERY_VECTOR_TOLERANCE);
  }

  private void accepts(SearchResult found) {
    assertEquals(Optional.empty(), Golden.compareTop(golden, found, Golden.SCORE_TOLERANCE));
  }

  private void refuses(SearchResult found, String words) {
    var wrong = Golden.compareTop(golden, found, Golden.SCORE_TOLERANCE).orElseThrow();
    assertTrue(wrong.contains(words), wrong);
  }

  private static SearchResult found(int[] ordinals, float... scores) {
    return new SearchResult(ordinals, scores, 1, 100, 0, true);
  }

  private static QueryVectors vectors(float... values) {
    return new QueryVectors(values, 2, 2);
  }

  private static GoldenRequest golden(int[] ordinals, float... scores) {
    return new GoldenRequest(
        1,
        new ObjectiveRequest("next-item", null),
        new User("", Map.of(), List.of()),
        null,
        new GoldenRequest.Tokens(new long[0], new long[0], new int[0], new int[0]),
        vectors(1, 2, 3, 4),
        new GoldenRequest.Top(ordinals, scores));
  }
}
