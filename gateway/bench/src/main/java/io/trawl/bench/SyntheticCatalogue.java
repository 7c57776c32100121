package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import java.util.Random;
import java.util.function.DoubleConsumer;

/**
 * A made-up catalogue with the shape that real ones show: items in sub-topics in topics, a spectrum
 * that decays, a popularity with a long tail, norms that differ.
 *
 * <p>2,000 topics hold 100,000 sub-topics, whose popularity is log-normal with deviation 1. A
 * direction is normal noise whose coordinate {@code i} is scaled by {@code (i + 1)^-0.35}, some 50
 * effective dimensions, brought to unit length. A sub-topic is 0.8 of its topic and 0.6 of its own
 * direction; an item is 0.8 of its sub-topic and 0.6 of its own, brought to unit length and scaled
 * by a normal factor around 1 with deviation 0.15.
 *
 * <p>A user has 6 to 15 sub-topics, drawn by popularity, and an offset of 0.3. Each query vector is
 * one of these sub-topics, plus the offset, plus noise: 0.5 where they are friendly. Hostile ones
 * have noise 1.0 and one offset of length 1 that all queries of all users share and no item has, as
 * between the two towers of a model. The items are the same for both.
 */
final class SyntheticCatalogue {

  static final int WIDTH = 128;

  private static final int TOPICS = 2_000;
  private static final int SUB_TOPICS = 100_000;
  private static final double DECAY = -0.35;
  private static final float OF_PARENT = 0.8f;
  private static final float OF_OWN = 0.6f;
  private static final double NORM_SPREAD = 0.15;
  private static final float USER_OFFSET = 0.3f;

  /** How far query vectors are from the items. */
  enum Kind {
    FRIENDLY(0.5f, 0f),
    HOSTILE(1f, 1f);

    private final float noise;
    private final float gap;

    Kind(float noise, float gap) {
      this.noise = noise;
      this.gap = gap;
    }

    String word() {
      return this == FRIENDLY ? "friendly" : "hostile";
    }
  }

  private final long seed;
  private final float[] scales = new float[WIDTH];
  private final float[] subTopics;
  private final double[] popularity = new double[SUB_TOPICS];
  private final float[] gap;

  SyntheticCatalogue(long seed) {
    this.seed = seed;
    for (var d = 0; d < WIDTH; d++) {
      scales[d] = (float) Math.pow(d + 1, DECAY);
    }
    var random = new Random(seed);
    this.gap = direction(random);
    var topics = new float[TOPICS][];
    for (var topic = 0; topic < TOPICS; topic++) {
      topics[topic] = direction(random);
    }
    this.subTopics = new float[SUB_TOPICS * WIDTH];
    var sum = 0.0;
    for (var sub = 0; sub < SUB_TOPICS; sub++) {
      var vector = mixed(topics[random.nextInt(TOPICS)], 0, OF_PARENT, direction(random), OF_OWN);
      System.arraycopy(unit(vector), 0, subTopics, sub * WIDTH, WIDTH);
      sum += Math.exp(random.nextGaussian());
      popularity[sub] = sum;
    }
  }

  /** Writes items one after the other; each is gone with the next. */
  void items(int count, ItemWriter writer, DoubleConsumer progress) {
    var random = new Random(seed + 1);
    for (var ordinal = 0; ordinal < count; ordinal++) {
      var sub = popular(random);
      var item = unit(mixed(subTopics, sub * WIDTH, OF_PARENT, direction(random), OF_OWN));
      var norm = (float) Math.max(0.1, 1 + NORM_SPREAD * random.nextGaussian());
      for (var d = 0; d < WIDTH; d++) {
        item[d] *= norm;
      }
      writer.write(ordinal, item);
      progress.accept((ordinal + 1.0) / count);
    }
  }

  /** Takes the vector of an item. */
  @FunctionalInterface
  interface ItemWriter {
    void write(int ordinal, float[] vector);
  }

  /** The query vectors of one user; a user has the same sub-topics in both kinds. */
  QueryVectors queries(Kind kind, int user, int count) {
    var random = new Random(seed * 31 + 1000 + user);
    var interests = new int[6 + random.nextInt(10)];
    for (var i = 0; i < interests.length; i++) {
      interests[i] = popular(random);
    }
    var offset = direction(random);
    var values = new float[count * WIDTH];
    for (var q = 0; q < count; q++) {
      var sub = interests[q % interests.length] * WIDTH;
      var noise = direction(random);
      for (var d = 0; d < WIDTH; d++) {
        values[q * WIDTH + d] =
            subTopics[sub + d]
                + USER_OFFSET * offset[d]
                + kind.noise * noise[d]
                + kind.gap * gap[d];
      }
    }
    return new QueryVectors(values, count, WIDTH);
  }

  /**
   * The participation ratio of the covariance of a sample: the square of the sum of its eigenvalues
   * over the sum of their squares.
   */
  static double effectiveDimension(ItemVectors items) {
    var step = Math.max(1, items.count() / 5_000);
    var width = items.width();
    var mean = new double[width];
    var samples = 0;
    for (var o = 0; o < items.count(); o += step, samples++) {
      for (var d = 0; d < width; d++) {
        mean[d] += items.at(o, d);
      }
    }
    var covariance = new double[width][width];
    for (var o = 0; o < items.count(); o += step) {
      for (var a = 0; a < width; a++) {
        var centred = items.at(o, a) - mean[a] / samples;
        for (var b = 0; b < width; b++) {
          covariance[a][b] += centred * (items.at(o, b) - mean[b] / samples);
        }
      }
    }
    var trace = 0.0;
    var squares = 0.0;
    for (var a = 0; a < width; a++) {
      trace += covariance[a][a];
      for (var b = 0; b < width; b++) {
        squares += covariance[a][b] * covariance[a][b];
      }
    }
    return trace * trace / squares;
  }

  /** The deviation of the items' norms over their mean, of a sample. */
  static double normSpread(ItemVectors items) {
    var step = Math.max(1, items.count() / 50_000);
    var sum = 0.0;
    var squares = 0.0;
    var samples = 0;
    for (var o = 0; o < items.count(); o += step, samples++) {
      var square = 0.0;
      for (var d = 0; d < items.width(); d++) {
        square += (double) items.at(o, d) * items.at(o, d);
      }
      sum += Math.sqrt(square);
      squares += square;
    }
    var mean = sum / samples;
    return Math.sqrt(squares / samples - mean * mean) / mean;
  }

  private int popular(Random random) {
    var drawn = random.nextDouble() * popularity[SUB_TOPICS - 1];
    var low = 0;
    var high = SUB_TOPICS - 1;
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (popularity[middle] < drawn) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private float[] direction(Random random) {
    var vector = new float[WIDTH];
    for (var d = 0; d < WIDTH; d++) {
      vector[d] = (float) random.nextGaussian() * scales[d];
    }
    return unit(vector);
  }

  private static float[] mixed(float[] a, int from, float ofA, float[] b, float ofB) {
    var vector = new float[WIDTH];
    for (var d = 0; d < WIDTH; d++) {
      vector[d] = ofA * a[from + d] + ofB * b[d];
    }
    return vector;
  }

  private static float[] unit(float[] vector) {
    var squares = 0.0;
    for (var value : vector) {
      squares += (double) value * value;
    }
    var scale = (float) (1 / Math.sqrt(squares));
    for (var d = 0; d < vector.length; d++) {
      vector[d] *= scale;
    }
    return vector;
  }
}
