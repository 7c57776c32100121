package io.trawl.app;

import io.trawl.app.config.HttpAddress;
import io.trawl.workers.process.IoReason;
import io.trawl.workers.wire.ClientClose;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
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
  private static final String JSON = "application/json";

  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** As long as the gateway lets an activation take. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @Parameters(paramLabel = "DIR", description = "the space, as the gateway's machine names it")
  private Path directory = Path.of("");

  @Option(
      names = "--admin",
      converter = HttpAddress.OrSocket.class,
      paramLabel = "URL",
      description = {
        "scheme, host and admin port of the gateway, default ${DEFAULT-VALUE};",
        "unix:PATH for the socket that admin.socket names"
      })
  private URI admin = URI.create("http://127.0.0.1:9091");

  @Override
  public Integer call() {
    var answer = ask();
    var document = document(answer);
    if (answer.status() != 200) {
      System.out.println("FAILED  " + document.getString("detail", document.getString("title")));
      return 1;
    }
    System.out.printf(
        "space %s answers in place of %s: %d golden requests passed, %,d ms%n",
        name(document.getJsonObject("space")),
        name(document.getJsonObject("former")),
        document.getInteger("golden_requests"),
        document.getLong("took_millis"));
    return 0;
  }

  /** What the gateway said. */
  private record Answer(int status, String body) {}

  private Answer ask() {
    var body =
        new JsonObject()
            .put("directory", directory.toAbsolutePath().normalize().toString())
            .encode();
    return "unix".equals(admin.getScheme()) ? askOverSocket(body) : askOverHttp(body);
  }

  private Answer askOverSocket(String body) {
    var path = admin.getPath();
    var vertx = Vertx.vertx();
    try {
      var asked =
          vertx
              .createHttpClient()
              .request(
                  new RequestOptions()
                      .setServer(SocketAddress.domainSocketAddress(path))
                      .setHost("localhost")
                      .setMethod(HttpMethod.POST)
                      .setURI(ACTIVATE)
                      .putHeader("content-type", JSON))
              .compose(request -> request.send(body))
              .compose(
                  answer ->
                      answer.body().map(text -> new Answer(answer.statusCode(), text.toString())));
      return Running.await(
          asked.recover(
              failure ->
                  Future.failedFuture(
                      new CannotStart(
                          "no gateway answers on the socket %s: %s"
                              .formatted(path, failure.getMessage())))),
          PATIENCE,
          "the activation");
    } finally {
      Running.await(ClientClose.of(vertx.close()), "the end");
    }
  }

  private Answer askOverHttp(String body) {
    try (var client = HttpClient.newBuilder().connectTimeout(CONNECT).build()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(admin.resolve(ACTIVATE))
                  .timeout(PATIENCE)
                  .header("content-type", JSON)
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body());
    } catch (ConnectException _) {
      throw new CannotStart("no gateway listens on " + admin + "; --admin names its admin port");
    } catch (IOException broken) {
      throw new CannotStart("the gateway at " + admin + " gave no answer: " + IoReason.of(broken));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CannotStart("interrupted; GET " + admin + "/admin/spaces says what became of it");
    }
  }

  private JsonObject document(Answer answer) {
    try {
      return new JsonObject(answer.body());
    } catch (DecodeException _) {
      throw new CannotStart(
          "%s answered with status %d and no document; is it a gateway's admin port?"
              .formatted(admin, answer.status()));
    }
  }

  private static String name(JsonObject space) {
    return space.getString("name") + "@" + space.getLong("version");
  }
}
