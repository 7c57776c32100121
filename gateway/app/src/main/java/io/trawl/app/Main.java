package io.trawl.app;

import io.trawl.app.client.RequestFailed;
import io.trawl.app.config.ConfigRefused;
import io.trawl.domain.Nearest;
import io.trawl.milvus.admin.AdminFailed;
import io.trawl.space.source.SpaceRefused;
import io.trawl.workers.process.ThisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line. Exit status: 0 worked, 1 a check failed, 2 asked wrongly or cannot start. */
@Command(
    name = "trawl",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "A serving gateway for LLM-based retrieval.",
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      WorkerCommand.class,
      WorkersCommand.class,
      SpaceCommand.class,
      MilvusCommand.class,
      EvalCommand.class,
      ExplainCommand.class
    })
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    ThisProcess.begin();
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return explaining(new Main())
        .setExecutionExceptionHandler(
            (thrown, line, _) -> {
              line.getErr().println(line.getColorScheme().errorText("trawl: " + sentence(thrown)));
              return 2;
            });
  }

  /** A command line that says in one sentence what it does not understand, with status 2. */
  public static CommandLine explaining(Object command) {
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(
            (wrong, _) -> {
              var line = wrong.getCommandLine();
              line.getErr()
                  .println(line.getColorScheme().errorText("trawl: " + askedWrongly(wrong)));
              return 2;
            });
  }

  /** One sentence, and where the rest stands. */
  private static String askedWrongly(ParameterException wrong) {
    var verb = wrong.getCommandLine().getCommandSpec();
    var more = " (%s --help explains)".formatted(verb.qualifiedName());
    if (!(wrong instanceof UnmatchedArgumentException unmatched)) {
      return wrong.getMessage() + more;
    }
    var first = unmatched.getUnmatched().getFirst();
    var known = first.startsWith("-") ? verb.optionsMap().keySet() : verb.subcommands().keySet();
    var kind = first.startsWith("-") ? "option" : "argument";
    return "unknown %s '%s'".formatted(kind, first)
        + Nearest.advice(first.split("=", 2)[0], known)
        + more;
  }

  /** What a person can act on; only a bug of ours shows where it happened. */
  private static String sentence(Exception thrown) {
    return switch (thrown) {
      case ConfigRefused _,
          SpaceRefused _,
          CannotStart _,
          RequestFailed _,
          AdminFailed _,
          IOException _,
          UncheckedIOException _ ->
          CannotStart.sentence(thrown);
      default -> {
        LoggerFactory.getLogger(Main.class).error("broken promise", thrown);
        yield "internal error: " + thrown;
      }
    };
  }
}
