package io.trawl.client;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.GetItemResponse;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ListObjectivesResponse;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveBatchResponse;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.RetrieveUpdate;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SearchResponse;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.GrpcCall;
import io.trawl.workers.wire.GrpcChannel;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/** The client over a {@link GrpcChannel}. */
final class VertxTrawlClient implements TrawlClient {

  private static final String SERVICE = "/trawl.v1.Retrieval/";

  private static final int CONNECTION_WINDOW_BYTES = 32 << 20;
  private static final int STREAM_WINDOW_BYTES = 1 << 20;

  private final VertxInternal vertx;
  private final TrawlClientOptions options;
  private final GrpcChannel channel;
  private final AtomicInteger inFlight = new AtomicInteger();

  VertxTrawlClient(Vertx vertx, TrawlClientOptions options, NanoClock ticker) {
    this.vertx = (VertxInternal) requireNonNull(vertx, "vertx");
    this.options = requireNonNull(options, "options");
    var server =
        new HttpClientOptions()
            .setDefaultHost(options.host())
            .setDefaultPort(options.port())
            .setConnectTimeout((int) options.connectTimeout().toMillis())
            .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
            .setInitialSettings(new Http2Settings().setInitialWindowSize(STREAM_WINDOW_BYTES));
    var pool =
        new PoolOptions()
            .setHttp2MaxSize(options.connections())
            .setMaxWaitQueueSize(options.maxInFlight());
    this.channel =
        GrpcChannel.to(vertx, server, pool, options.maxMessageBytes(), ticker, Alarm.of(vertx));
  }

  @Override
  public Call<RetrieveResponse> retrieve(RetrieveRequest request, Duration deadline) {
    return unary("Retrieve", timed(request, deadline), RetrieveResponse.parser(), deadline);
  }

  @Override
  public Call<RetrieveBatchResponse> retrieveBatch(
      RetrieveBatchRequest request, Duration deadline) {
    var timed = request.toBuilder();
    for (int i = 0; i < timed.getRequestsCount(); i++) {
      timed.setRequests(i, timed(timed.getRequests(i), deadline));
    }
    return unary("RetrieveBatch", timed.build(), RetrieveBatchResponse.parser(), deadline);
  }

  @Override
  public Call<RetrieveResponse> retrieveStream(
      RetrieveRequest request, Duration deadline, ObjIntConsumer<RankedList> lists) {
    requireNonNull(lists, "lists");
    return call(
        "RetrieveStream",
        timed(request, deadline),
        RetrieveUpdate.parser(),
        update -> {
          if (update.hasList()) {
            lists.accept(update.getList(), update.getObjectiveIndex());
          }
          return update.hasAnswer() ? update.getAnswer() : null;
        },
        deadline);
  }

  @Override
  public Call<SearchResponse> similar(SimilarRequest request, Duration deadline) {
    var timed =
        request.hasDeadlineMs()
            ? request
            : request.toBuilder().setDeadlineMs(millis(deadline)).build();
    return unary("Similar", timed, SearchResponse.parser(), deadline);
  }

  @Override
  public Call<SearchResponse> search(SearchRequest request, Duration deadline) {
    var timed =
        request.hasDeadlineMs()
            ? request
            : request.toBuilder().setDeadlineMs(millis(deadline)).build();
    return unary("Search", timed, SearchResponse.parser(), deadline);
  }

  @Override
  public Call<ListObjectivesResponse> objectives(ListObjectivesRequest request, Duration deadline) {
    return unary("ListObjectives", request, ListObjectivesResponse.parser(), deadline);
  }

  @Override
  public Call<GetItemResponse> item(GetItemRequest request, Duration deadline) {
    return unary("GetItem", request, GetItemResponse.parser(), deadline);
  }

  @Override
  public Future<Void> close() {
    return channel.close();
  }

  private static RetrieveRequest timed(RetrieveRequest request, Duration deadline) {
    return request.hasDeadlineMs()
        ? request
        : request.toBuilder().setDeadlineMs(millis(deadline)).build();
  }

  /** Rounded up: what goes out as {@code grpc-timeout} is finer, and the earlier one counts. */
  private static long millis(Duration deadline) {
    return Math.ceilDiv(GrpcChannel.bounded(deadline).toNanos(), 1_000_000);
  }

  private <M extends MessageLite> Call<M> unary(
      String method, MessageLite request, Parser<M> parser, Duration deadline) {
    return call(method, request, parser, Function.identity(), deadline);
  }

  private <M extends MessageLite, T extends MessageLite> Call<T> call(
      String method,
      MessageLite request,
      Parser<M> parser,
      Function<M, @Nullable T> answerIn,
      Duration deadline) {
    if (inFlight.incrementAndGet() > options.maxInFlight()) {
      inFlight.decrementAndGet();
      return new Ended<>(
          vertx
              .getOrCreateContext()
              .succeededFuture(
                  new Outcome.Shed<>(
                      "expected at most " + options.maxInFlight() + " calls in flight",
                      Optional.empty())));
    }
    var messages = new AnswerReader<>(parser, answerIn);
    var call = channel.call(SERVICE + method, request, deadline, options.grace(), messages);
    call.gone().onComplete(_ -> inFlight.decrementAndGet());
    return new OnTheWire<>(call, call.outcome().map(messages::outcome));
  }

  private record OnTheWire<T>(GrpcCall call, Future<Outcome<T>> outcome) implements Call<T> {
    @Override
    public void cancel() {
      call.cancel();
    }
  }

  private record Ended<T>(Future<Outcome<T>> outcome) implements Call<T> {
    @Override
    public void cancel() {}
  }
}
