package io.trawl.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code trawl space}. */
@Command(
    name = "space",
    mixinStandardHelpOptions = true,
    description = "Looks after a space on disk.",
    subcommands = {
      SpaceActivateCommand.class,
      SpaceCheckCommand.class,
      SpaceIndexCommand.class,
      SpaceObjectiveCommand.class,
      SpaceShowCommand.class,
      SpaceTritonCommand.class
    })
final class SpaceCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "space needs one of: activate DIR, check DIR, index DIR, objective DIR, show DIR,"
            + " triton DIR");
  }
}
