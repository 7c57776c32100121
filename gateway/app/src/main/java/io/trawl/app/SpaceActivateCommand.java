package io.trawl.app;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code trawl space activate}: asks a running gateway to go over to another space. */
@Command(
    name = "activate",
    mixinStandardHelpOptions = true,
    description = {
      "Has a running gateway open a space beside the one that answers, verify it through its"
          + " worker, and go over to it in one step. What fails changes nothing. Exit status 0 when"
          + " the space answers, 1 when it was refused."
    })
final class SpaceActivateCommand implements Callable<Integer> {

  private static final String ACTIVATE = "/admin/spaces/activate";

  /** As long as the gateway lets an activation take. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @Parameters(paramLabel = "DIR", description = "the space, as the gateway's machine names it")
  private Path directory = Path.of("");

  @Mixin private AdminPort admin = new AdminPort();

  @Override
  public Integer call() {
    var body =
        new JsonObject()
            .put("directory", directory.toAbsolutePath().normalize().toString())
            .encode();
    return admin.post(ACTIVATE, body, PATIENCE).success().map(SpaceActivateCommand::tell).orElse(1);
  }

  private static int tell(JsonObject document) {
    System.out.printf(
        "space %s answers in place of %s: %d golden requests passed, %,d ms%n",
        name(document.getJsonObject("space")),
        name(document.getJsonObject("former")),
        document.getInteger("golden_requests"),
        document.getLong("took_millis"));
    return 0;
  }

  private static String name(JsonObject space) {
    return space.getString("name") + "@" + space.getLong("version");
  }
}
