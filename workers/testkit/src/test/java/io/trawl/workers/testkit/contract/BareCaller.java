package io.trawl.workers.testkit.contract;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.testkit.Exchange;
import io.trawl.workers.wire.ResetLimit;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;

/** Calls over one bare HTTP/2 connection, so that an answer can be left unread. */
final class BareCaller implements AutoCloseable {

  private static final long HTTP2_CANCEL = 8;

  private final Vertx vertx;
  private final HttpClient client;
  private final int port;

  BareCaller(Vertx vertx, int port) {
    this.vertx = vertx;
    this.port = port;
    this.client =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false))
            // Else what it leaves unread ends its own connection.
            .withConnectHandler(ResetLimit::lift)
            .build();
  }

  /** A call whose answer is not read on. */
  record Unread(HttpClientRequest request, HttpClientResponse head) {

    void leave() {
      OipCaller.await(request.reset(HTTP2_CANCEL));
    }
  }

  /** Starts a call; the gRPC status that it ends with. */
  Future<String> start(ModelInferRequest question) {
    HttpClientRequest request = OipCaller.await(open("ModelInfer"));
    Future<String> status =
        request
            .response()
            .compose(response -> response.body().map(_ -> response.getTrailer("grpc-status")));
    request.end(Exchange.frame(question.toByteArray()));
    return status;
  }

  /** Starts a call and reads the head of its answer, but nothing of what follows. */
  Unread startUnread(ModelInferRequest question) {
    HttpClientRequest request = OipCaller.await(open("ModelInfer"));
    Future<HttpClientResponse> head = request.response().onSuccess(HttpClientResponse::pause);
    request.end(Exchange.frame(question.toByteArray()));
    return new Unread(request, OipCaller.await(head));
  }

  /** Asks so often whether the server is live, and leaves in the same breath each time. */
  void askAndLeave(int times) {
    Promise<Void> left = Promise.promise();
    vertx.runOnContext(
        _ -> {
          List<Future<Void>> leaving = new ArrayList<>();
          for (int i = 0; i < times; i++) {
            leaving.add(
                open("ServerLive")
                    .compose(
                        request -> {
                          request.end(Exchange.frame(new byte[0]));
                          return request.reset(HTTP2_CANCEL).mapEmpty();
                        }));
          }
          Future.join(leaving).<Void>mapEmpty().onComplete(left);
        });
    OipCaller.await(left.future());
  }

  private Future<HttpClientRequest> open(String method) {
    return client
        .request(HttpMethod.POST, port, "127.0.0.1", "/inference.GRPCInferenceService/" + method)
        .map(
            request ->
                request.putHeader("content-type", "application/grpc").putHeader("te", "trailers"));
  }

  @Override
  public void close() {
    OipCaller.await(client.close());
  }
}
