package io.trawl.bench;

import io.vertx.core.Future;
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
import java.util.Map;

/**
 * Requests as bytes, so that bad ones can be sent too. Each ends as a word: the HTTP status, {@code
 * grpc} and its status, {@code left} where the caller went, or {@code failed} and why.
 */
final class TrafficCaller {

  static final String LEFT = "left";

  private static final int CONNECTIONS = 256;
  private static final int FRAME_HEAD = 5;
  private static final long CANCEL = 8;

  private final Vertx vertx;
  private final HttpClient http;
  private final HttpClient grpc;
  private final int httpPort;
  private final int grpcPort;

  TrafficCaller(Vertx vertx, int httpPort, int grpcPort) {
    this.vertx = vertx;
    this.httpPort = httpPort;
    this.grpcPort = grpcPort;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(CONNECTIONS));
    this.grpc =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MultiplexingLimit(100),
            new PoolOptions().setHttp2MaxSize(4));
  }

  Future<String> post(String path, String json) {
    return http(HttpMethod.POST, path, "application/json", Buffer.buffer(json));
  }

  Future<String> http(HttpMethod method, String path, String contentType, Buffer body) {
    return open(method, path)
        .compose(
            request ->
                request
                    .putHeader("content-type", contentType)
                    .send(body)
                    .compose(TrafficCaller::whole));
  }

  /** A body that comes in two halves. */
  Future<String> slowly(String path, String json, long pauseMillis) {
    return open(HttpMethod.POST, path)
        .compose(
            request -> {
              var body = Buffer.buffer(json);
              int half = body.length() / 2;
              request
                  .putHeader("content-type", "application/json")
                  .putHeader("content-length", Integer.toString(body.length()))
                  .write(body.getBuffer(0, half));
              vertx.setTimer(pauseMillis, _ -> request.end(body.getBuffer(half, body.length())));
              return request.response().compose(TrafficCaller::whole);
            });
  }

  /** A body whose second half never comes. */
  Future<String> stalled(String path, String json) {
    return open(HttpMethod.POST, path)
        .compose(
            request -> {
              request
                  .putHeader("content-type", "application/json")
                  .putHeader("content-length", Integer.toString(json.length() + 1))
                  .write(json);
              return request.response().compose(TrafficCaller::whole);
            });
  }

  /** Leaves as soon as the request is out. */
  Future<String> leave(String path, String json) {
    return open(HttpMethod.POST, path)
        .compose(
            request -> {
              var sent = request.putHeader("content-type", "application/json").end(json);
              return left(request, sent);
            });
  }

  private static Future<String> left(HttpClientRequest request, Future<Void> sent) {
    request.response().onFailure(_ -> {});
    return sent.transform(
        _ -> {
          request.reset(CANCEL);
          return Future.succeededFuture(LEFT);
        });
  }

  private Future<HttpClientRequest> open(HttpMethod method, String path) {
    return http.request(
        new RequestOptions().setMethod(method).setHost("127.0.0.1").setPort(httpPort).setURI(path));
  }

  private static Future<String> whole(HttpClientResponse response) {
    return response.body().map(_ -> Integer.toString(response.statusCode()));
  }

  /** A whole message. */
  Future<String> grpc(String rpc, byte[] message) {
    return grpc(rpc, framed(message), Map.of());
  }

  Future<String> grpc(String rpc, Buffer frames, Map<String, String> headers) {
    return openGrpc(rpc, headers)
        .compose(request -> request.send(frames).compose(TrafficCaller::status));
  }

  static Buffer framed(byte[] message) {
    return Buffer.buffer(FRAME_HEAD + message.length)
        .appendByte((byte) 0)
        .appendInt(message.length)
        .appendBytes(message);
  }

  /** Leaves as soon as the call is out. */
  Future<String> leaveGrpc(String rpc, byte[] message) {
    return openGrpc(rpc, Map.of()).compose(request -> left(request, request.end(framed(message))));
  }

  /** Leaves a stream after its first bytes. */
  Future<String> leaveStream(String rpc, byte[] message) {
    return openGrpc(rpc, Map.of())
        .compose(
            request ->
                request
                    .send(framed(message))
                    .compose(
                        response -> {
                          Promise<String> first = Promise.promise();
                          response.handler(
                              _ -> {
                                if (first.tryComplete(LEFT)) {
                                  request.reset(CANCEL);
                                }
                              });
                          response.exceptionHandler(first::tryFail);
                          response.endHandler(
                              _ -> first.tryComplete("ended before a first message"));
                          return first.future();
                        }));
  }

  private Future<HttpClientRequest> openGrpc(String rpc, Map<String, String> headers) {
    return grpc.request(
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost("127.0.0.1")
                .setPort(grpcPort)
                .setURI("/trawl.v1.Retrieval/" + rpc))
        .map(
            request -> {
              request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
              headers.forEach(request::putHeader);
              return request.setChunked(true).exceptionHandler(_ -> {});
            });
  }

  private static Future<String> status(HttpClientResponse response) {
    return response
        .body()
        .map(
            _ -> {
              var inHead = response.getHeader("grpc-status");
              return "grpc " + (inHead == null ? response.getTrailer("grpc-status") : inHead);
            });
  }

  Future<Void> close() {
    return Future.join(http.close(), grpc.close()).mapEmpty();
  }
}
