package io.trawl.bench.load;

import io.trawl.bench.load.LoadRequest.Protocol;
import io.trawl.workers.wire.ResetLimit;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;

/**
 * Connections to a gateway on one event loop. Each request ends as a word: the HTTP status, {@code
 * grpc} and its status, {@code left} where the caller went, {@code no answer} where none came a
 * good while after the deadline, or {@code failed:} and how. Used on its context alone.
 */
final class Wire {

  static final String LEFT = "left";
  static final String NO_ANSWER = "no answer";

  /** A slow body's, and how much longer than its deadline an answer is waited for. */
  private static final long PAUSE_MILLIS = 1_000;

  private static final long PATIENCE_MILLIS = 10_000;
  private static final long CANCEL = 8;
  private static final int STREAMS = 100;

  private final Vertx vertx;
  private final Context context;
  private final HttpClient http;
  private final HttpClient grpc;
  private final Target target;
  private final boolean keepsAnswers;

  /** Where a gateway is. */
  record Target(String host, int httpPort, int grpcPort) {}

  /**
   * How a request ended.
   *
   * @param word one of those above
   * @param answer empty unless it is kept
   */
  record Ending(String word, Buffer answer) {
    Ending(String word) {
      this(word, Buffer.buffer(0));
    }

    boolean answered() {
      return !word.startsWith("failed") && !word.equals(NO_ANSWER);
    }
  }

  /**
   * @param share of the scenario's connections, at least one of each
   * @param keepsAnswers whether bodies are kept, or thrown away as they come
   */
  Wire(
      Vertx vertx,
      Context context,
      Target target,
      Scenario.Room room,
      int share,
      boolean keepsAnswers) {
    this.vertx = vertx;
    this.context = context;
    this.target = target;
    this.keepsAnswers = keepsAnswers;
    int ofHttp = Math.max(1, room.httpConnections() / share);
    var version =
        room.httpForm() == Scenario.HttpForm.HTTP2 ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1;
    this.http = client(version, ofHttp);
    this.grpc = client(HttpVersion.HTTP_2, Math.max(1, room.grpcConnections() / share));
  }

  private HttpClient client(HttpVersion version, int connections) {
    var options =
        new HttpClientOptions()
            .setProtocolVersion(version)
            .setHttp2ClearTextUpgrade(false)
            .setHttp2MultiplexingLimit(STREAMS)
            .setTcpNoDelay(true);
    var pool =
        new PoolOptions()
            .setEventLoopSize(0)
            .setHttp1MaxSize(connections)
            .setHttp2MaxSize(connections);
    return vertx
        .httpClientBuilder()
        .with(options)
        .with(pool)
        .withConnectHandler(
            connection -> {
              // Every request tells its own end; the log would tell it again.
              connection.exceptionHandler(_ -> {});
              if (version == HttpVersion.HTTP_2) {
                ResetLimit.lift(connection);
              }
            })
        .build();
  }

  Context context() {
    return context;
  }

  /** Sends a request; the future never fails. */
  Future<Ending> send(LoadRequest request) {
    Promise<Ending> ending = Promise.promise();
    open(request)
        .onComplete(
            opened -> carry(request, opened, ending),
            why -> ending.tryComplete(new Ending(failed(why))));
    return ending.future();
  }

  private Future<HttpClientRequest> open(LoadRequest request) {
    boolean overHttp = request.sent().protocol() == Protocol.HTTP;
    return (overHttp ? http : grpc)
        .request(
            new RequestOptions()
                .setMethod(HttpMethod.valueOf(request.sent().method()))
                .setHost(target.host())
                .setPort(overHttp ? target.httpPort() : target.grpcPort())
                .setURI(request.sent().path()));
  }

  private void carry(LoadRequest request, HttpClientRequest opened, Promise<Ending> ending) {
    request.sent().headers().forEach(opened::putHeader);
    opened.exceptionHandler(_ -> {});
    long timer =
        vertx.setTimer(
            request.deadlineMillis() + PATIENCE_MILLIS,
            _ -> {
              if (ending.tryComplete(new Ending(NO_ANSWER))) {
                opened.reset(CANCEL);
              }
            });
    ending.future().onComplete(_ -> vertx.cancelTimer(timer));
    write(request, opened, ending);
  }

  private void write(LoadRequest request, HttpClientRequest opened, Promise<Ending> ending) {
    var body = Buffer.buffer(request.sent().body());
    switch (request.manner()) {
      case WHOLE -> {
        opened.response().onComplete(r -> read(request, r, ending), fails(ending));
        if (request.sent().protocol() == Protocol.GRPC) {
          opened.setChunked(true);
        }
        opened.end(body);
      }
      case SLOW_BODY -> {
        opened.response().onComplete(r -> read(request, r, ending), fails(ending));
        int half = body.length() / 2;
        length(opened, body.length()).write(body.getBuffer(0, half));
        vertx.setTimer(PAUSE_MILLIS, _ -> opened.end(body.getBuffer(half, body.length())));
      }
      case STALLED_BODY -> {
        opened.response().onComplete(r -> read(request, r, ending), fails(ending));
        length(opened, body.length()).write(body.getBuffer(0, body.length() - 1));
      }
      case LEAVE -> {
        opened.response().onFailure(_ -> {});
        opened.end(body).onComplete(_ -> leave(opened, ending));
      }
      case LEAVE_AFTER_FIRST -> {
        opened
            .response()
            .onComplete(
                response -> {
                  response.handler(_ -> leave(opened, ending));
                  response.exceptionHandler(fails(ending));
                  response.endHandler(_ -> ending.tryComplete(new Ending("ended too early")));
                },
                fails(ending));
        opened.end(body);
      }
    }
  }

  private static HttpClientRequest length(HttpClientRequest opened, int bytes) {
    return opened.putHeader("content-length", Integer.toString(bytes));
  }

  private static void leave(HttpClientRequest opened, Promise<Ending> ending) {
    if (ending.tryComplete(new Ending(LEFT))) {
      opened.reset(CANCEL);
    }
  }

  private static Handler<Throwable> fails(Promise<Ending> ending) {
    return why -> ending.tryComplete(new Ending(failed(why)));
  }

  private void read(LoadRequest request, HttpClientResponse response, Promise<Ending> ending) {
    response.exceptionHandler(fails(ending));
    if (keepsAnswers) {
      response
          .body()
          .onSuccess(body -> ending.tryComplete(new Ending(word(request, response), body)));
    } else {
      response.endHandler(_ -> ending.tryComplete(new Ending(word(request, response))));
    }
  }

  private static String word(LoadRequest request, HttpClientResponse response) {
    if (request.sent().protocol() == Protocol.HTTP) {
      return Integer.toString(response.statusCode());
    }
    var inHead = response.getHeader("grpc-status");
    return "grpc " + (inHead == null ? response.getTrailer("grpc-status") : inHead);
  }

  /** Few words, whatever the message says. */
  private static String failed(Throwable why) {
    return "failed: " + why.getClass().getSimpleName();
  }

  Future<Void> close() {
    return Future.join(http.close(), grpc.close()).mapEmpty();
  }
}
