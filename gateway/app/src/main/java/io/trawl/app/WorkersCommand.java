package io.trawl.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code trawl workers}. */
@Command(
    name = "workers",
    mixinStandardHelpOptions = true,
    description = "Looks at the workers of a running gateway.",
    subcommands = WorkersListCommand.class)
final class WorkersCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "workers needs one of: list");
  }
}
