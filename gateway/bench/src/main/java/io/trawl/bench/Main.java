package io.trawl.bench;

import io.trawl.domain.Nearest;
import java.io.PrintStream;
import java.util.Arrays;

/**
 * The command line of the benchmarks: {@code recall}, {@code search}, {@code neighbours}, {@code
 * requests}, {@code traffic}, {@code milvus} and {@code kernels}.
 */
public final class Main {

  private static final String USAGE =
      """
      bench recall [options]   recall of explore against exact, with its price (--help for options)
      bench search [options]   exact, explore and milvus beside each other (--help for options)
      bench neighbours [options] what the plane saves a source of neighbours (--help for options)
      bench requests [options] what one request costs a running gateway (--help for options)
      bench traffic [options]  good and bad requests against a running gateway (--help for options)
      bench milvus [options]   load and verify a catalogue in a Milvus that runs (--help for options)
      bench kernels [options]  the score kernels under JMH; options are JMH's own
      """;

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  /**
   * Runs one benchmark.
   *
   * @return the exit status: 0, or 2 where the arguments make no sense
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    var verb = args.length == 0 ? "" : args[0];
    var rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    return switch (verb) {
      case "recall" -> RecallBench.run(rest, out, err);
      case "search" -> SearchBench.run(rest, out, err);
      case "neighbours" -> NeighbourBench.run(rest, out, err);
      case "requests" -> RequestBench.run(rest, out, err);
      case "traffic" -> TrafficBench.run(rest, out, err);
      case "milvus" -> MilvusBench.run(rest, out, err);
      case "kernels" -> KernelBenchmark.run(rest, err);
      case "--help" -> {
        out.print(USAGE);
        yield 0;
      }
      default -> {
        err.print(verb.isEmpty() ? USAGE : unknown(verb) + USAGE);
        yield 2;
      }
    };
  }

  private static String unknown(String verb) {
    var known = USAGE.lines().map(line -> line.split(" ")[1]).toList();
    return "unknown benchmark '%s'; the nearest known one is '%s'%n"
        .formatted(verb, Nearest.to(verb, known).orElse(""));
  }
}
