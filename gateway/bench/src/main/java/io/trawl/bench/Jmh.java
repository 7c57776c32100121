package io.trawl.bench;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** The benchmarks that JMH runs, by the word that asks for them; their options are JMH's own. */
final class Jmh {

  static final Map<String, Class<?>> BENCHMARKS =
      new TreeMap<>(Map.of("kernels", KernelBenchmark.class, "choice", ChoiceBenchmark.class));

  private Jmh() {}

  static boolean has(String[] args) {
    return args.length > 0 && BENCHMARKS.containsKey(args[0]);
  }

  /** Runs one; the exit status. */
  static int run(String[] args, PrintStream err) {
    var name = BENCHMARKS.getOrDefault(args[0], Jmh.class).getName();
    try {
      var options = new CommandLineOptions(Arrays.copyOfRange(args, 1, args.length));
      var builder = new OptionsBuilder().parent(options);
      if (options.getIncludes().isEmpty()) {
        builder.include(Pattern.quote(name) + ".*");
      }
      new Runner(builder.build()).run();
      return 0;
    } catch (CommandLineOptionException e) {
      err.println(e.getMessage());
      return 2;
    } catch (RunnerException e) {
      err.println(e.getMessage());
      return 1;
    }
  }
}
