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
import io.trawl.workers.wire.ResetLimit;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The client over a Vert.x HTTP/2 client.
 *
 * <p>It frames its calls itself instead of going through vertx-grpc-client: there the status text
 * in trailers is lost, the pool's queue has no bound, and a deadline starts with the connection and
 * ends as CANCELLED.
 */
final class VertxTrawlClient implements TrawlClient {

  private static final String SERVICE = "/trawl.v1.Retrieval/";

  /** Far enough for any deadline, near enough for a sum with the clock never to overflow. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final int CONNECTION_WINDOW_BYTES = 32 << 20;
  private static final int STREAM_WINDOW_BYTES = 1 << 20;

  private final VertxInternal vertx;
  private final TrawlClientOptions options;
  private final LongSupplier nanos;
  private final HttpClient http;
  private final AtomicInteger inFlight = new AtomicInteger();

  VertxTrawlClient(Vertx vertx, TrawlClientOptions options, LongSupplier nanos) {
    this.vertx = (VertxInternal) requireNonNull(vertx, "vertx");
    this.options = requireNonNull(options, "options");
    this.nanos = requireNonNull(nanos, "nanos");
    this.http =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setDefaultHost(options.host())
                    .setDefaultPort(options.port())
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false)
                    .setConnectTimeout((int) options.connectTimeout().toMillis())
                    .setTcpNoDelay(true)
                    .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
                    .setInitialSettings(
                        new Http2Settings()
                            .setPushEnabled(false)
                            .setInitialWindowSize(STREAM_WINDOW_BYTES)))
            .with(
                new PoolOptions()
                    .setHttp2MaxSize(options.connections())
                    .setMaxWaitQueueSize(options.maxInFlight()))
            .withConnectHandler(ResetLimit::lift)
            .build();
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
    return http.close();
  }

  private static RetrieveRequest timed(RetrieveRequest request, Duration deadline) {
    return request.hasDeadlineMs()
        ? request
        : request.toBuilder().setDeadlineMs(millis(deadline)).build();
  }

  /** Rounded up: what goes out as {@code grpc-timeout} is finer, and the earlier one counts. */
  private static long millis(Duration deadline) {
    return Math.max(0, Math.ceilDiv(capped(deadline).toNanos(), 1_000_000));
  }

  private static Duration capped(Duration deadline) {
    return deadline.compareTo(LONGEST) > 0
        ? LONGEST
        : deadline.isNegative() ? Duration.ZERO : deadline;
  }

  private <M extends MessageLite> Call<M> unary(
      String method, MessageLite request, Parser<M> parser, Duration deadline) {
    return call(method, request, parser, message -> message, deadline);
  }

  private <M extends MessageLite, T extends MessageLite> Call<T> call(
      String method,
      MessageLite request,
      Parser<M> parser,
      Reading<M, T> reading,
      Duration deadline) {
    long deadlineNanos = nanos.getAsLong() + capped(deadline).toNanos();
    ContextInternal context = vertx.getOrCreateContext();
    if (inFlight.incrementAndGet() > options.maxInFlight()) {
      inFlight.decrementAndGet();
      return new Ended<>(
          context.succeededFuture(
              new Outcome.Shed<>(
                  "expected at most " + options.maxInFlight() + " calls in flight",
                  Optional.empty())));
    }
    var call =
        new WireCall<>(
            context,
            http,
            nanos,
            options,
            SERVICE + method,
            deadlineNanos,
            request,
            parser,
            reading);
    call.gone().onComplete(_ -> inFlight.decrementAndGet());
    call.start();
    return call;
  }

  /**
   * What a message of the answer means.
   *
   * @param <M> a message on the wire
   * @param <T> the answer
   */
  @FunctionalInterface
  interface Reading<M, T> {

    /** The answer when this message is it, null for one that comes before. */
    @Nullable T read(M message);
  }

  private record Ended<T>(Future<Outcome<T>> outcome) implements Call<T> {
    @Override
    public void cancel() {}
  }
}
