package io.trawl.milvus.neighbours;

import io.milvus.grpc.ConnectRequest;
import io.milvus.grpc.ConnectResponse;
import io.milvus.grpc.DescribeCollectionRequest;
import io.milvus.grpc.DescribeCollectionResponse;
import io.milvus.grpc.DescribeIndexRequest;
import io.milvus.grpc.DescribeIndexResponse;
import io.milvus.grpc.GetVersionRequest;
import io.milvus.grpc.GetVersionResponse;
import io.milvus.grpc.IndexDescription;
import io.milvus.grpc.KeyValuePair;
import io.milvus.grpc.MilvusServiceGrpc;
import io.milvus.grpc.SearchRequest;
import io.milvus.grpc.SearchResults;
import io.milvus.grpc.Status;
import io.milvus.shaded.io.grpc.Server;
import io.milvus.shaded.io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.milvus.shaded.io.grpc.stub.ServerCallStreamObserver;
import io.milvus.shaded.io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A Milvus of a few calls with bad habits: it hangs, it fails, it goes away and comes back. */
final class FakeMilvus implements AutoCloseable {

  /** What it does with a search. */
  sealed interface Habit {
    record Answers() implements Habit {}

    record Fails(int code, String reason) implements Habit {}

    /** Until it is cancelled, and for ever. */
    record Hangs() implements Habit {}
  }

  private final String version;
  private final Server server;
  private final List<CompletableFuture<Void>> cancelled = new CopyOnWriteArrayList<>();
  private final List<SearchRequest> searches = new CopyOnWriteArrayList<>();
  private volatile Habit habit = new Habit.Answers();
  private volatile Function<SearchRequest, SearchResults> search =
      _ -> SearchResults.getDefaultInstance();

  private FakeMilvus(String version, int port) {
    this.version = version;
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .addService(new Service())
            .build();
  }

  /** On that port, 0 for a free one. */
  static FakeMilvus start(String version, int port) {
    var fake = new FakeMilvus(version, port);
    try {
      fake.server.start();
    } catch (IOException taken) {
      throw new IllegalStateException("port " + port, taken);
    }
    return fake;
  }

  int port() {
    return server.getPort();
  }

  String endpoint() {
    return "127.0.0.1:" + port();
  }

  void now(Habit value) {
    habit = value;
  }

  void searching(Function<SearchRequest, SearchResults> value) {
    search = value;
  }

  List<SearchRequest> searches() {
    return List.copyOf(searches);
  }

  /** Completes when all calls that hung were cancelled by their callers. */
  CompletableFuture<Void> cancelled() {
    return CompletableFuture.allOf(new ArrayList<>(cancelled).toArray(CompletableFuture[]::new));
  }

  int hanging() {
    return cancelled.size();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Service extends MilvusServiceGrpc.MilvusServiceImplBase {

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> reply) {
      reply.onNext(ConnectResponse.getDefaultInstance());
      reply.onCompleted();
    }

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<GetVersionResponse> reply) {
      reply.onNext(GetVersionResponse.newBuilder().setVersion(version).build());
      reply.onCompleted();
    }

    /** There is none; or it never says. */
    @Override
    public void describeCollection(
        DescribeCollectionRequest request, StreamObserver<DescribeCollectionResponse> reply) {
      var none = Status.newBuilder().setCode(100).setReason("collection not found");
      reply(reply, DescribeCollectionResponse.newBuilder().setStatus(none).build(), habit);
    }

    @Override
    public void describeIndex(
        DescribeIndexRequest request, StreamObserver<DescribeIndexResponse> reply) {
      var flat = KeyValuePair.newBuilder().setKey("index_type").setValue("FLAT");
      reply.onNext(
          DescribeIndexResponse.newBuilder()
              .addIndexDescriptions(
                  IndexDescription.newBuilder()
                      .setIndexName(ItemFields.VECTOR)
                      .setFieldName(ItemFields.VECTOR)
                      .addParams(flat))
              .build());
      reply.onCompleted();
    }

    @Override
    public void search(SearchRequest request, StreamObserver<SearchResults> reply) {
      searches.add(request);
      var current = habit;
      var answer =
          current instanceof Habit.Fails
              ? SearchResults.newBuilder().setStatus(status(current)).build()
              : search.apply(request);
      reply(reply, answer, current);
    }

    private <T> void reply(StreamObserver<T> reply, T answer, Habit current) {
      if (current instanceof Habit.Hangs) {
        var gone = new CompletableFuture<Void>();
        ((ServerCallStreamObserver<T>) reply).setOnCancelHandler(() -> gone.complete(null));
        cancelled.add(gone);
        return;
      }
      reply.onNext(answer);
      reply.onCompleted();
    }

    private Status status(Habit current) {
      return current instanceof Habit.Fails(var code, var reason)
          ? Status.newBuilder().setCode(code).setReason(reason).build()
          : Status.getDefaultInstance();
    }
  }
}
