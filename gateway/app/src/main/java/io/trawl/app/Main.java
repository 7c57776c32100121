package io.trawl.app;

import io.trawl.app.client.RequestFailed;
import io.trawl.app.config.ConfigRefused;
import io.trawl.space.SpaceRefused;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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
      SpaceCommand.class,
      EvalCommand.class,
      ExplainCommand.class
    })
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler(
            (thrown, line, _) -> {
              line.getErr().println(line.getColorScheme().errorText("trawl: " + sentence(thrown)));
              return 2;
            });
  }

  /** What a person can act on; only a bug of ours shows where it happened. */
  private static String sentence(Exception thrown) {
    return switch (thrown) {
      case ConfigRefused _, SpaceRefused _, CannotStart _, RequestFailed _ ->
          CannotStart.sentence(thrown);
      default -> {
        LoggerFactory.getLogger(Main.class).error("broken promise", thrown);
        yield "internal error: " + thrown;
      }
    };
  }
}
