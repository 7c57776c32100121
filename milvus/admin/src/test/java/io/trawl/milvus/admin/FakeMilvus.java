package io.trawl.milvus.admin;

import io.milvus.grpc.AlterAliasRequest;
import io.milvus.grpc.AlterCollectionRequest;
import io.milvus.grpc.CollectionSchema;
import io.milvus.grpc.ConnectRequest;
import io.milvus.grpc.ConnectResponse;
import io.milvus.grpc.DataType;
import io.milvus.grpc.DescribeAliasRequest;
import io.milvus.grpc.DescribeAliasResponse;
import io.milvus.grpc.DescribeCollectionRequest;
import io.milvus.grpc.DescribeCollectionResponse;
import io.milvus.grpc.FieldSchema;
import io.milvus.grpc.GetCollectionStatisticsRequest;
import io.milvus.grpc.GetCollectionStatisticsResponse;
import io.milvus.grpc.GetVersionRequest;
import io.milvus.grpc.GetVersionResponse;
import io.milvus.grpc.KeyValuePair;
import io.milvus.grpc.MilvusServiceGrpc;
import io.milvus.grpc.QueryRequest;
import io.milvus.grpc.QueryResults;
import io.milvus.grpc.Status;
import io.milvus.shaded.io.grpc.Server;
import io.milvus.shaded.io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.milvus.shaded.io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/** A Milvus that knows collections' properties and aliases, and has no rows to show. */
final class FakeMilvus implements AutoCloseable {

  private final Map<String, Map<String, String>> collections = new ConcurrentHashMap<>();
  private final Map<String, String> aliases = new ConcurrentHashMap<>();
  private volatile int vectorWidth = 8;
  private final Server server =
      NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .addService(new Service())
          .build();

  static FakeMilvus start() {
    var fake = new FakeMilvus();
    try {
      fake.server.start();
    } catch (IOException taken) {
      throw new UncheckedIOException(taken);
    }
    return fake;
  }

  String endpoint() {
    return "127.0.0.1:" + server.getPort();
  }

  void add(String collection, Map<String, String> properties) {
    collections.put(collection, new ConcurrentHashMap<>(properties));
  }

  void alias(String alias, String collection) {
    aliases.put(alias, collection);
  }

  Map<String, String> properties(String collection) {
    return Map.copyOf(collections.getOrDefault(collection, Map.of()));
  }

  /** Of all collections. */
  void vectorWidth(int value) {
    vectorWidth = value;
  }

  Map<String, String> aliases() {
    return Map.copyOf(aliases);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class Service extends MilvusServiceGrpc.MilvusServiceImplBase {

    private static <T> void reply(StreamObserver<T> to, T answer) {
      to.onNext(answer);
      to.onCompleted();
    }

    private static Status failed(int code, String reason) {
      return Status.newBuilder().setCode(code).setReason(reason).build();
    }

    @Override
    public void connect(ConnectRequest request, StreamObserver<ConnectResponse> to) {
      reply(to, ConnectResponse.getDefaultInstance());
    }

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<GetVersionResponse> to) {
      reply(to, GetVersionResponse.newBuilder().setVersion("2.6.4").build());
    }

    @Override
    public void describeCollection(
        DescribeCollectionRequest request, StreamObserver<DescribeCollectionResponse> to) {
      var asked = request.getCollectionName();
      var name = aliases.getOrDefault(asked, asked);
      var found = collections.get(name);
      var answer = DescribeCollectionResponse.newBuilder().setCollectionName(name);
      if (found == null) {
        reply(to, answer.setStatus(failed(100, "collection not found")).build());
        return;
      }
      var width = KeyValuePair.newBuilder().setKey("dim").setValue(Integer.toString(vectorWidth));
      found.forEach(
          (key, value) ->
              answer.addProperties(KeyValuePair.newBuilder().setKey(key).setValue(value)));
      reply(
          to,
          answer
              .setSchema(
                  CollectionSchema.newBuilder()
                      .setName(name)
                      .addFields(
                          FieldSchema.newBuilder()
                              .setName("ordinal")
                              .setDataType(DataType.Int64)
                              .setIsPrimaryKey(true))
                      .addFields(
                          FieldSchema.newBuilder()
                              .setName("vector")
                              .setDataType(DataType.FloatVector)
                              .addTypeParams(width)))
              .build());
    }

    @Override
    public void describeAlias(
        DescribeAliasRequest request, StreamObserver<DescribeAliasResponse> to) {
      var name = aliases.get(request.getAlias());
      reply(
          to,
          name == null
              ? DescribeAliasResponse.newBuilder()
                  .setStatus(failed(1600, "alias not found"))
                  .build()
              : DescribeAliasResponse.newBuilder().setCollection(name).build());
    }

    @Override
    public void getCollectionStatistics(
        GetCollectionStatisticsRequest request,
        StreamObserver<GetCollectionStatisticsResponse> to) {
      var rows = KeyValuePair.newBuilder().setKey("row_count").setValue("40");
      reply(to, GetCollectionStatisticsResponse.newBuilder().addStats(rows).build());
    }

    /** It has no rows loaded, and says so. */
    @Override
    public void query(QueryRequest request, StreamObserver<QueryResults> to) {
      reply(to, QueryResults.newBuilder().setStatus(failed(101, "collection not loaded")).build());
    }

    @Override
    public void alterCollection(AlterCollectionRequest request, StreamObserver<Status> to) {
      var properties = collections.get(request.getCollectionName());
      if (properties != null) {
        request.getPropertiesList().forEach(each -> properties.put(each.getKey(), each.getValue()));
      }
      reply(to, Status.getDefaultInstance());
    }

    @Override
    public void alterAlias(AlterAliasRequest request, StreamObserver<Status> to) {
      aliases.put(request.getAlias(), request.getCollectionName());
      reply(to, Status.getDefaultInstance());
    }
  }
}
