package io.trawl.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code trawl milvus}. */
@Command(
    name = "milvus",
    mixinStandardHelpOptions = true,
    description = "Looks after the items of spaces in Milvus.",
    subcommands = {
      MilvusLoadCommand.class,
      MilvusVerifyCommand.class,
      MilvusActivateCommand.class,
      MilvusRollbackCommand.class,
      MilvusListCommand.class,
      MilvusDropCommand.class
    })
final class MilvusCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "milvus needs one of: load DIR, verify DIR, activate DIR|COLLECTION, rollback DIR|ALIAS,"
            + " list, drop COLLECTION");
  }
}
