package io.trawl.app;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What switching spaces costs the requests that meet it. By hand, not in the default tests:
 *
 * <pre>
 * mvn -pl gateway/app -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=SpaceSwitchBench
 * </pre>
 *
 * <p>Blocks of requests with one switch in each, and blocks without, in turn, so that what else the
 * machine does falls on both alike. Every answer is held against the space that it names; one that
 * fails or is mixed ends the run.
 */
final class SpaceSwitchBench {

  private static final int BLOCKS = Integer.getInteger("bench.blocks", 20);
  private static final int REQUESTS = Integer.getInteger("bench.requests", 1_000);
  private static final int WARM_UP_BLOCKS = 4;

  @Test
  void bench(@TempDir Path folder) throws Exception {
    try (var gateway = SwitchedGateway.alone(folder)) {
      for (var block = 0; block < WARM_UP_BLOCKS; block++) {
        block(gateway, block % 2 == 0);
      }
      var quiet = LongStream.builder();
      var switching = LongStream.builder();
      for (var block = 0; block < BLOCKS; block++) {
        Arrays.stream(block(gateway, false)).forEach(quiet::add);
        Arrays.stream(block(gateway, true)).forEach(switching::add);
      }
      System.out.println("| blocks | requests | p50 ms | p99 ms | p99.9 ms | max ms |");
      System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
      print("without a switch", quiet.build().sorted().toArray());
      print("with one switch each", switching.build().sorted().toArray());
    }
  }

  private static long[] block(SwitchedGateway gateway, boolean withSwitch) throws Exception {
    var load = gateway.begin(REQUESTS, () -> true);
    if (withSwitch) {
      gateway.goOver();
    }
    return load.end();
  }

  private static void print(String blocks, long[] nanos) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %,d | %.1f | %.1f | %.1f | %.1f |%n",
        blocks,
        nanos.length,
        millis(nanos, 0.5),
        millis(nanos, 0.99),
        millis(nanos, 0.999),
        millis(nanos, 1));
  }

  private static double millis(long[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1L, (long) (share * sorted.length))] / 1e6;
  }
}
