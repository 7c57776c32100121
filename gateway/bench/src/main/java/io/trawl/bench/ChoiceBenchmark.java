package io.trawl.bench;

import io.trawl.workers.fleet.choose.Candidate;
import io.trawl.workers.fleet.choose.ChooseOptions;
import io.trawl.workers.fleet.choose.Chooser;
import io.trawl.workers.fleet.choose.Load;
import io.trawl.workers.fleet.choose.Roster;
import io.trawl.workers.wire.NanoClock;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of one choice of a worker, with the real clock, among workers of some load. {@code -prof gc}
 * shows what it allocates.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 9, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class ChoiceBenchmark {

  private record Worker(String name, String zone, Load load) implements Candidate {
    @Override
    public boolean takes() {
      return true;
    }

    @Override
    public double share() {
      return 1;
    }
  }

  @Param({"8", "64"})
  public int workers;

  /** Whether keys have owners, and whether a half is of another zone. */
  @Param({"two", "owner", "zones"})
  public String by = "";

  private final Chooser chooser = new Chooser(ChooseOptions.defaults(), 1);
  private Roster<Worker> roster = Roster.of(List.of(), "", false);
  private long key;

  @Setup
  public void load() {
    var random = new Random(1);
    var clock = NanoClock.system();
    var all =
        IntStream.range(0, workers)
            .mapToObj(
                number ->
                    new Worker(
                        "10.0.0." + number + ":8001",
                        number % 2 == 0 ? "a" : "b",
                        new Load(clock, 10, TimeUnit.SECONDS, 20e6)))
            .toList();
    for (Worker worker : all) {
      for (int call = random.nextInt(8); call > 0; call--) {
        worker.load().began();
      }
    }
    roster = Roster.of(all, by.equals("zones") ? "a" : "", by.equals("owner"));
  }

  @Benchmark
  public @Nullable Object choose() {
    return chooser.choose(roster, key++, List.of());
  }
}
