package io.trawl.app.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The figures against values worked out by hand. */
class QualityTest {

  private static final double EXACT = 1e-12;

  private final Quality.Sum sum = new Quality.Sum();

  /** One figure for every metric. */
  static Quality all(long users, double figure) {
    return new Quality(
        users,
        Arrays.stream(Metric.values()).collect(Collectors.toMap(metric -> metric, _ -> figure)));
  }

  @Test
  void theFirstPlaceIsPerfect() {
    sum.add(0);
    assertEquals(all(1, 1), sum.mean());
  }

  @Test
  void depthsEndWhereTheySay() {
    sum.add(4);
    sum.add(5);
    sum.add(9);
    sum.add(10);
    sum.add(999);
    sum.add(1000);
    sum.add(Quality.NOT_RANKED);
    var mean = sum.mean();
    assertEquals(7, mean.users());
    assertEquals(1 / 7.0, mean.of(Metric.HR_5), EXACT);
    assertEquals(3 / 7.0, mean.of(Metric.HR_10), EXACT);
    assertEquals(5 / 7.0, mean.of(Metric.RECALL_1000), EXACT);
  }

  @Test
  void gainIsDiscountedByTheLogarithmOfThePlace() {
    sum.add(2);
    sum.add(6);
    var mean = sum.mean();
    // log2(4) = 2 and log2(8) = 3.
    assertEquals(1 / 2.0 / 2, mean.of(Metric.NDCG_5), EXACT);
    assertEquals((1 / 2.0 + 1 / 3.0) / 2, mean.of(Metric.NDCG_10), EXACT);
  }

  @Test
  void severalRightItemsAreMeasuredAgainstTheirBestOrder() {
    sum.add(1, 2, Quality.NOT_RANKED);
    var mean = sum.mean();
    var log3 = Math.log(3) / Math.log(2);
    assertEquals((1 / log3 + 1 / 2.0) / (1 + 1 / log3 + 1 / 2.0), mean.of(Metric.NDCG_5), EXACT);
    assertEquals(1, mean.of(Metric.HR_5), EXACT);
    assertEquals(2 / 3.0, mean.of(Metric.RECALL_1000), EXACT);
  }

  @Test
  void nobodyIsNoDivisionByZero() {
    assertEquals(all(0, 0), sum.mean());
    assertThrows(IllegalArgumentException.class, sum::add);
  }
}
