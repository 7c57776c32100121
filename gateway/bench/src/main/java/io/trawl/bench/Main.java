package io.trawl.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trawl.app.config.ConfigRefused;
import io.trawl.bench.attack.AttackCommand;
import io.trawl.bench.load.LoadCommand;
import io.trawl.milvus.admin.AdminFailed;
import io.trawl.milvus.neighbours.MilvusCallFailed;
import io.trawl.space.source.SpaceRefused;
import io.trawl.workers.process.IoReason;
import io.trawl.workers.process.ThisProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the benchmarks. Exit status: 0 worked, 1 failed, 2 asked wrongly. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures.",
      "bench kernels [options] runs the score kernels under JMH, bench choice that of a worker;",
      "their options are JMH's own."
    })
public final class Main implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  public static void main(String[] args) {
    ThisProcess.begin();
    System.exit(run(args, System.out, System.err));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "bench needs one of: "
            + String.join(", ", spec.subcommands().keySet())
            + ", kernels, choice");
  }

  /** Runs one benchmark; the exit status. */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    if (Jmh.has(args)) {
      return Jmh.run(args, err);
    }
    // Those that were added take the settings that are made after.
    var line = io.trawl.app.Main.explaining(new Main());
    line.addSubcommand(new RecallBench(out, err))
        .addSubcommand(new SearchBench(out, err))
        .addSubcommand(new NeighbourBench(out, err))
        .addSubcommand(new LoadCommand(out, err))
        .addSubcommand(new AttackCommand(out, err))
        .addSubcommand(new MilvusBench(out, err));
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(line.getParameterExceptionHandler())
        .setExecutionExceptionHandler((thrown, _, _) -> failed(thrown, err))
        .setOut(new PrintWriter(out, true, UTF_8))
        .setErr(new PrintWriter(err, true, UTF_8))
        .execute(args);
  }

  private static int failed(Exception thrown, PrintStream err) throws Exception {
    var cause = thrown instanceof CompletionException wrapped ? wrapped.getCause() : thrown;
    return switch (cause) {
      case IllegalArgumentException wrong -> say(wrong, 2, err);
      case ConfigRefused wrong -> say(wrong, 2, err);
      case AdminFailed refused -> say(refused, 2, err);
      case SpaceRefused refused -> say(refused, 1, err);
      case MilvusCallFailed failed -> say(failed, 1, err);
      case IOException failed -> say(IoReason.sentence(failed), 1, err);
      case UncheckedIOException failed -> say(IoReason.sentence(failed), 1, err);
      case ExecutionException failed -> say(failed, 1, err);
      case TimeoutException late -> say(late, 1, err);
      case null, default -> throw thrown;
    };
  }

  private static int say(Exception failed, int status, PrintStream err) {
    return say(String.valueOf(failed.getMessage()), status, err);
  }

  private static int say(String failed, int status, PrintStream err) {
    err.println("bench: " + failed);
    return status;
  }
}
