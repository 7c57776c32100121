package io.trawl.bench.load;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Ranks drawn by Zipf's law: rank n, from 0, has weight 1 / (n + 1)^skew. */
final class Zipf {

  private final double[] cumulative;

  Zipf(int count, double skew) {
    cumulative = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.pow(i + 1.0, -skew);
      cumulative[i] = sum;
    }
  }

  int draw(RandomGenerator chance) {
    double at = chance.nextDouble() * cumulative[cumulative.length - 1];
    int found = Arrays.binarySearch(cumulative, at);
    return Math.min(found < 0 ? -found - 1 : found + 1, cumulative.length - 1);
  }
}
