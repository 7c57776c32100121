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
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The administration of a running gateway, as a verb of the command line asks it: over its admin
 * port or its socket. Whoever cannot be asked ends the verb with a sentence.
 *
 * @param at scheme, host and port, or {@code unix:PATH}
 */
final class AdminPort {

  private static final String JSON = "application/json";
  private static final Duration CONNECT = Duration.ofSeconds(5);

  @Option(
      names = "--admin",
      converter = HttpAddress.OrSocket.class,
      paramLabel = "URL",
      description = {
        "scheme, host and admin port of the gateway, default ${DEFAULT-VALUE};",
        "unix:PATH for the socket that admin.socket names"
      })
  private URI at = URI.create("http://127.0.0.1:9091");

  /**
   * What the gateway said.
   *
   * @param status of HTTP
   */
  record Answer(URI from, int status, String body) {

    /** The document of an answer with status 200; what else it says is printed, and empty. */
    Optional<JsonObject> success() {
      var document = document();
      if (status == 200) {
        return Optional.of(document);
      }
      System.out.println("FAILED  " + document.getString("detail", document.getString("title")));
      return Optional.empty();
    }

    private JsonObject document() {
      try {
        return new JsonObject(body);
      } catch (DecodeException _) {
        throw new CannotStart(
            "%s answered with status %d and no document; is it a gateway's admin port?"
                .formatted(from, status));
      }
    }
  }

  Answer get(String path, Duration patience) {
    return ask(HttpMethod.GET, path, "", patience);
  }

  Answer post(String path, String body, Duration patience) {
    return ask(HttpMethod.POST, path, body, patience);
  }

  private Answer ask(HttpMethod method, String path, String body, Duration patience) {
    return "unix".equals(at.getScheme())
        ? askOverSocket(method, path, body, patience)
        : askOverHttp(method, path, body, patience);
  }

  private Answer askOverSocket(HttpMethod method, String path, String body, Duration patience) {
    var socket = at.getPath();
    var vertx = Vertx.vertx();
    try {
      var asked =
          vertx
              .createHttpClient()
              .request(
                  new RequestOptions()
                      .setServer(SocketAddress.domainSocketAddress(socket))
                      .setHost("localhost")
                      .setMethod(method)
                      .setURI(path)
                      .putHeader("content-type", JSON))
              .compose(request -> request.send(body))
              .compose(
                  answer ->
                      answer
                          .body()
                          .map(text -> new Answer(at, answer.statusCode(), text.toString())));
      return Running.await(
          asked.recover(
              failure ->
                  Future.failedFuture(
                      new CannotStart(
                          "no gateway answers on the socket %s: %s"
                              .formatted(socket, failure.getMessage())))),
          patience,
          "the answer of the gateway");
    } finally {
      Running.await(ClientClose.of(vertx.close()), "the end");
    }
  }

  private Answer askOverHttp(HttpMethod method, String path, String body, Duration patience) {
    try (var client = HttpClient.newBuilder().connectTimeout(CONNECT).build()) {
      var request = HttpRequest.newBuilder(at.resolve(path)).timeout(patience);
      if (method.equals(HttpMethod.POST)) {
        request.header("content-type", JSON).POST(BodyPublishers.ofString(body));
      }
      var answer = client.send(request.build(), BodyHandlers.ofString());
      return new Answer(at, answer.statusCode(), answer.body());
    } catch (ConnectException _) {
      throw new CannotStart("no gateway listens on " + at + "; --admin names its admin port");
    } catch (IOException broken) {
      throw new CannotStart("the gateway at " + at + " gave no answer: " + IoReason.of(broken));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CannotStart("interrupted; GET " + at + "/admin/spaces says what became of it");
    }
  }
}
