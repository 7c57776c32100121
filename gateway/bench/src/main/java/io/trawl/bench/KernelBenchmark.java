package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.ScoreKernel;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time per item scored, sampled per batch of 2,048 so that the median leaves out the batches that
 * another process interrupted; over a catalogue of 64 MB, twice the largest cache of the measuring
 * machine: contiguous rows, and rows at random ordinals.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 9, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class KernelBenchmark {

  private static final int BATCH = 2048;
  private static final long CATALOGUE_BYTES = 64L << 20;

  /** Which kernel; {@code chosen} is what a gateway would take here. */
  @Param({"plain", "chosen"})
  public String kernel = "";

  /** M x H. */
  @Param({"16x64", "128x128"})
  public String shape = "";

  private ScoreKernel.Scorer scorer = NONE;
  private int[] ordinals = new int[0];
  private final float[] scores = new float[BATCH];
  private int at;

  private static final ScoreKernel.Scorer NONE =
      new ScoreKernel.Scorer() {
        @Override
        public void range(int first, int count, float[] scores) {}

        @Override
        public void gather(int[] ordinals, int from, int count, float[] scores) {}
      };

  /** Fills a catalogue outside the heap, as a memory map would lie. */
  @Setup
  public void fill() {
    var m = Integer.parseInt(shape.substring(0, shape.indexOf('x')));
    var width = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
    var count = (int) (CATALOGUE_BYTES / (width * Float.BYTES));
    var random = new Random(1);
    var segment = Arena.ofAuto().allocate(CATALOGUE_BYTES, 64);
    for (var i = 0L; i < CATALOGUE_BYTES; i += Float.BYTES) {
      segment.set(ItemVectors.FLOAT, i, (float) random.nextGaussian());
    }
    var values = new float[m * width];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    ordinals = random.ints(count, 0, count).toArray();
    scorer =
        kernel().scorer(new ItemVectors(segment, count, width), new QueryVectors(values, m, width));
  }

  private ScoreKernel kernel() {
    return switch (kernel) {
      case "plain" -> Kernels.plain();
      case "chosen" -> Kernels.choose().kernel();
      default -> throw new IllegalArgumentException("unknown kernel " + kernel);
    };
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public float[] contiguous() {
    scorer.range(next(), BATCH, scores);
    return scores;
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public float[] gathered() {
    scorer.gather(ordinals, next(), BATCH, scores);
    return scores;
  }

  private int next() {
    var from = at;
    at = from + 2 * BATCH > ordinals.length ? 0 : from + BATCH;
    return from;
  }
}
