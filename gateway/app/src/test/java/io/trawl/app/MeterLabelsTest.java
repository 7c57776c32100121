package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Whatever callers make up, on whatever port, no meter of gateway or worker is one more for it. */
class MeterLabelsTest {

  private static final Path SPACE = Path.of("../../triton-models/spaces/demo-shop");
  private static final int FEW = 3;
  private static final int MANY = 60;
  private static final Pattern MADE_UP = Pattern.compile("Q[0-9]|(?i)made.?up");

  @Test
  void whatCallersMakeUpBecomesNoMeter() throws Exception {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry, TrawlConfig.defaults().listen());
    var config = TrawlConfig.defaults().withSpace(SPACE).withPorts(0, 0, 0);
    try (var space = Space.open(SPACE, Verification.SIZES)) {
      var node = LocalNode.start(vertx, config, space, registry);
      var stranger = new Stranger(vertx, node);
      // What there is of each kind has its meters after a few.
      stranger.sends(0, FEW);
      var few = meters(registry);
      var fewOfWorker = stranger.workersMetrics();
      stranger.sends(FEW, MANY);
      assertNoneIsMadeUp(few, meters(registry));
      assertNoneIsMadeUp(fewOfWorker, stranger.workersMetrics());
      Running.await(node.close(), "the end");
      Running.await(vertx.close(), "the end");
    }
  }

  /** A busy machine may end one of them in another way; not one in ten, and not by its name. */
  private static void assertNoneIsMadeUp(Set<String> few, Set<String> many) {
    var more = new TreeSet<>(many);
    more.removeAll(few);
    assertTrue(more.size() < (MANY - FEW) / 2, more::toString);
    many.forEach(meter -> assertFalse(MADE_UP.matcher(meter).find(), meter));
  }

  private static Set<String> meters(PrometheusMeterRegistry registry) {
    return registry.getMeters().stream()
        .map(meter -> meter.getId().getName() + meter.getId().getTags())
        .collect(Collectors.toSet());
  }

  /** Somebody who thinks of something new with each request. */
  private record Stranger(Vertx vertx, LocalNode node) {

    void sends(int from, int to) throws Exception {
      var plain = vertx.createHttpClient(new HttpClientOptions());
      var http2 =
          vertx.createHttpClient(
              new HttpClientOptions()
                  .setProtocolVersion(HttpVersion.HTTP_2)
                  .setHttp2ClearTextUpgrade(false));
      for (int i = from; i < to; i++) {
        List<Future<?>> all = new ArrayList<>();
        for (var port : List.of("http", "admin", "worker-http", "worker-metrics")) {
          all.add(sends(plain, port, HttpMethod.valueOf("Q" + i), "/v1/retrieve", i));
          all.add(sends(plain, port, HttpMethod.GET, "/made/up/" + i, i));
          all.add(sends(plain, port, HttpMethod.POST, "/v2/models/made-up-" + i + "/infer", i));
        }
        for (var port : List.of("http", "admin")) {
          all.add(sends(plain, port, HttpMethod.POST, "/v1/retrieve", i));
        }
        for (var port : List.of("grpc", "worker-grpc")) {
          all.add(sends(http2, port, HttpMethod.valueOf("Q" + i), "/v1/retrieve", i));
          all.add(sends(http2, port, HttpMethod.POST, "/made.up.Service" + i + "/Call", i));
          all.add(sends(http2, port, HttpMethod.POST, "/trawl.v1.Retrieval/Call" + i, i));
        }
        Running.await(Future.join(all).otherwiseEmpty(), "the stranger's requests");
      }
      Running.await(plain.close(), "the end");
      Running.await(http2.close(), "the end");
    }

    /** Complete whatever becomes of it. */
    private Future<?> sends(HttpClient client, String port, HttpMethod method, String path, int i) {
      var body =
          """
          {"k": %d, "user": {"id": "u%d"}, "objectives": [{"name": "made-up-%d"}],
           "engine": {"name": "made-up-%d"}, "made_up_%d": true}\
          """
              .formatted(i, i, i, i, i);
      return client
          .request(
              new RequestOptions()
                  .setMethod(method)
                  .setHost("127.0.0.1")
                  .setPort(Objects.requireNonNull(node.ports().byName().get(port)))
                  .setURI(path)
                  .setTimeout(10_000)
                  .putHeader("user-agent", "made-up/" + i)
                  .putHeader("x-request-id", "made-up-" + i)
                  .putHeader("content-type", path.contains(".") ? "application/grpc" : type(i)))
          // Inside, so that the answer cannot have come before somebody listens.
          .compose(
              request -> request.send(Buffer.buffer(body)).compose(response -> response.body()))
          .timeout(10, TimeUnit.SECONDS)
          .otherwiseEmpty();
    }

    private static String type(int i) {
      return i % 2 == 0 ? "application/json" : "made-up/" + i;
    }

    /** Names and labels of the worker's own page. */
    Set<String> workersMetrics() {
      var client = vertx.createHttpClient(new HttpClientOptions());
      var port = Objects.requireNonNull(node.ports().byName().get("worker-metrics"));
      var page =
          client
              .request(HttpMethod.GET, port, "127.0.0.1", "/metrics")
              .compose(request -> request.send().compose(response -> response.body()));
      var lines = Running.await(page, "the worker's metrics").toString();
      Running.await(client.close(), "the end");
      return lines
          .lines()
          .map(line -> line.replaceAll(" [0-9.E-]+$", ""))
          .collect(Collectors.toSet());
    }
  }
}
