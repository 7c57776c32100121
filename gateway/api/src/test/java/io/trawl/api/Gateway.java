package io.trawl.api;

import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.rpc.BadRequest;
import io.trawl.api.rpc.Status;
import io.trawl.serve.space.Readiness;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The API on two loopback ports before a {@link FakeRetriever}, and callers of both protocols. */
public final class Gateway implements AutoCloseable {

  /** Long enough for any machine; nothing waits for it to pass. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  final ManualTicker ticker = new ManualTicker();
  final FakeRetriever retriever = new FakeRetriever();
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Vertx vertx =
      Vertx.builder()
          .withTransport(new ConnectionLimit(1 << 20, 1 << 20, Duration.ofHours(1)).transport())
          .build();
  final ApiServer server;

  /** How time passes for who drains: at once, unless a test says otherwise. */
  volatile Function<Duration, Future<Void>> after = _ -> Future.succeededFuture();

  volatile Readiness readiness = new Readiness.Ready();
  private final HttpClient h2;
  private final java.net.http.HttpClient h1 =
      java.net.http.HttpClient.newBuilder()
          .version(java.net.http.HttpClient.Version.HTTP_1_1)
          .build();

  Gateway() {
    this(TestLimits.small(), options(1, 64, Duration.ofSeconds(30)));
  }

  Gateway(ApiLimits limits, ApiOptions options) {
    var ids = new AtomicInteger();
    server =
        ApiServer.create(
                vertx,
                retriever,
                options,
                limits,
                ticker,
                registry,
                options.bounds().budget(limits.messages().maxBodyBytes()),
                () -> "made-" + ids.incrementAndGet(),
                () -> readiness)
            .waiting(time -> after.apply(time));
    await(server.start());
    h2 =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  public static ApiOptions options(int eventLoops, int maxInFlight, Duration bodyTimeout) {
    return new ApiOptions(
        "127.0.0.1",
        0,
        0,
        eventLoops,
        maxInFlight,
        new ApiOptions.Timeouts(
            Duration.ofSeconds(10),
            bodyTimeout,
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ZERO,
            // Longer than anybody here waits: a drain that waits for its end fails the test.
            Duration.ofMinutes(10)),
        // Fixed: a clock that stands still would teach it nothing.
        new ApiOptions.Bounds(0, 0, 8192, 4096, 1000, 4096, new ApiOptions.Work(1024, 1024, 1024)),
        List.of());
  }

  @Override
  public void close() {
    h1.close();
    await(server.close());
    await(vertx.close());
  }

  // HTTP

  Answer post(String json) {
    return post("/v1/retrieve", json);
  }

  Answer post(String path, String json) {
    var type = Map.of("content-type", "application/json");
    return send("POST", path, json.getBytes(StandardCharsets.UTF_8), type);
  }

  Answer post(byte[] body, Map<String, String> headers) {
    return send("POST", "/v1/retrieve", body, headers);
  }

  Answer get(String path) {
    return send("GET", path, new byte[0], Map.of());
  }

  Answer send(String method, String path, byte[] body, Map<String, String> headers) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path))
            .timeout(PATIENCE)
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    try {
      return Answer.of(h1.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(method + " " + path, e);
    }
  }

  Socket connect() throws IOException {
    var socket = new Socket("127.0.0.1", server.httpPort());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  // gRPC, frame by frame, so that broken frames can be sent too

  GrpcAnswer call(String method, Message message) {
    return call(method, frame(0, message.toByteArray()), Map.of());
  }

  GrpcAnswer retrieve(byte[] message) {
    return call("Retrieve", frame(0, message), Map.of());
  }

  GrpcAnswer call(String method, byte[] frames, Map<String, String> headers) {
    // Nested, so that the body's reader is in place before the event loop sees the body.
    return await(
        open(method, headers)
            .compose(request -> request.send(Buffer.buffer(frames)).compose(GrpcAnswer::read)));
  }

  Future<io.vertx.core.http.HttpClientRequest> open(String method, Map<String, String> headers) {
    var path = method.startsWith("/") ? method : "/trawl.v1.Retrieval/" + method;
    return h2.request(
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost("127.0.0.1")
                .setPort(server.grpcPort())
                .setURI(path))
        .map(
            request -> {
              request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
              headers.forEach(request::putHeader);
              return request.setChunked(true).exceptionHandler(_ -> {});
            });
  }

  static byte[] frame(int flag, byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) flag)
        .putInt(message.length)
        .put(message)
        .array();
  }

  public static <T> T await(Future<T> future) {
    return await(future.toCompletionStage().toCompletableFuture());
  }

  public static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("nothing within " + PATIENCE, e);
    }
  }

  /** What came back over HTTP. */
  record Answer(int status, java.net.http.HttpHeaders headers, byte[] body) {

    static Answer of(HttpResponse<byte[]> response) {
      return new Answer(response.statusCode(), response.headers(), response.body());
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    JsonObject json() {
      return new JsonObject(text());
    }

    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    /** {@code field: why} of each error of a problem. */
    List<String> errors() {
      return json().getJsonArray("errors", new JsonArray()).stream()
          .map(JsonObject.class::cast)
          .map(error -> error.getString("field") + ": " + error.getString("why"))
          .toList();
    }
  }

  /** What came back over gRPC. */
  record GrpcAnswer(
      int httpStatus,
      String code,
      String message,
      Status details,
      Map<String, String> headers,
      byte[] frames) {

    /** The message of a unary call, empty where there is none. */
    byte[] body() {
      var messages = messages();
      return messages.isEmpty() ? new byte[0] : messages.getFirst();
    }

    List<byte[]> messages() {
      List<byte[]> messages = new ArrayList<>();
      var left = ByteBuffer.wrap(frames);
      while (left.hasRemaining()) {
        left.get();
        var message = new byte[left.getInt()];
        left.get(message);
        messages.add(message);
      }
      return messages;
    }

    static Future<GrpcAnswer> read(HttpClientResponse response) {
      return response
          .body()
          .map(
              body -> {
                Map<String, String> all = new java.util.HashMap<>();
                response.headers().forEach(entry -> all.put(entry.getKey(), entry.getValue()));
                response.trailers().forEach(entry -> all.put(entry.getKey(), entry.getValue()));
                return new GrpcAnswer(
                    response.statusCode(),
                    all.getOrDefault("grpc-status", "none"),
                    java.net.URLDecoder.decode(
                        all.getOrDefault("grpc-message", "").replace("+", "%2B"),
                        StandardCharsets.UTF_8),
                    details(all.get("grpc-status-details-bin")),
                    all,
                    body.getBytes());
              });
    }

    /** A header or a trailer, empty where there is none. */
    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    private static Status details(@Nullable String header) {
      try {
        return header == null
            ? Status.getDefaultInstance()
            : Status.parseFrom(Base64.getDecoder().decode(header));
      } catch (IOException e) {
        throw new AssertionError(header, e);
      }
    }

    List<String> errors() {
      List<String> errors = new ArrayList<>();
      for (var any : details.getDetailsList()) {
        if (any.is(BadRequest.class)) {
          try {
            any.unpack(BadRequest.class)
                .getFieldViolationsList()
                .forEach(v -> errors.add(v.getField() + ": " + v.getDescription()));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        }
      }
      return errors;
    }
  }
}
