package io.trawl.workers.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.testkit.RealTriton;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Our client beside grpc-netty-shaded and NVIDIA's tritonclient on one real Triton with the demo
 * space's backbone. By hand, not in the default tests:
 *
 * <pre>
 * mvn -pl workers/client -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=RealTritonBench
 * </pre>
 *
 * <p>Blocks of each are interleaved, and of all blocks the median is told, so that what else the
 * machine does falls on all alike. What a client adds is its callers' mean time less the mean that
 * the server counts for the same calls; that holds the network's part for all alike.
 */
final class RealTritonBench {

  private static final int[] CALLERS = {1, 8, 64};
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 9);
  private static final int BLOCK_MILLIS = Integer.getInteger("bench.millis", 1_500);
  private static final int WARM_UP_BLOCKS = 16;
  private static final Duration BUDGET = Duration.ofSeconds(60);
  private static final int LENGTH = 32;
  private static final int WIDTH = 384;
  private static final InferCall CALL =
      InferCall.of(
          "urm_backbone",
          "",
          Tensor.int64("token_ids", new long[] {1, LENGTH}, ones()),
          Tensor.int64("attention_mask", new long[] {1, LENGTH}, ones()),
          Tensor.fp32("item_embeddings", new long[] {1, LENGTH, WIDTH}, new float[LENGTH * WIDTH]));

  private final Vertx vertx = Vertx.vertx();

  /**
   * A while of calls, each begun when the one before it on its lane has ended.
   *
   * @param serverNanos the mean of the same calls as the server counts it
   * @param allocated bytes; NaN where nobody counts them
   */
  private record Block(
      long[] latencies, long nanos, long cpuNanos, double serverNanos, double allocated) {

    double addedMicros() {
      return (LongStream.of(latencies).average().orElseThrow() - serverNanos) / 1e3;
    }

    double micros(double quantile) {
      return latencies[(int) Math.min(latencies.length - 1, quantile * latencies.length)] / 1e3;
    }

    double perSecond() {
      return latencies.length * 1e9 / nanos;
    }

    double cpuMicros() {
      return cpuNanos / 1e3 / latencies.length;
    }

    double allocatedEach() {
      return allocated / latencies.length;
    }
  }

  @FunctionalInterface
  private interface Side {
    Block run(int port, int callers, int millis) throws Exception;
  }

  @Test
  void beside() throws Exception {
    Path root = root();
    Path state = Files.createTempDirectory("triton-bench");
    try (RealTriton triton =
        RealTriton.start(root.resolve("triton-models/spaces/demo-shop/models"), state)) {
      Relay relay = new Relay(vertx, triton.grpcPort());
      try (Python direct = new Python(root, triton.grpcPort());
          Python relayed = new Python(root, relay.port())) {
        Map<String, Side> sides = new LinkedHashMap<>();
        sides.put("ours", this::ours);
        sides.put("grpc-netty-shaded", this::grpcJava);
        for (String how : List.of("aio", "threads")) {
          sides.put(
              "tritonclient, " + how,
              (port, callers, millis) ->
                  (port == relay.port() ? relayed : direct).run(how, callers, millis));
        }
        warmUp(sides, triton, List.of(this::ours, this::grpcJava));
        for (int callers : CALLERS) {
          compare(sides, triton, callers);
        }
        wire(sides, relay);
      }
    }
    await(vertx.close());
  }

  /** Those of Java longest: a compiler that is asked once in a millisecond compiles nothing. */
  private static void warmUp(Map<String, Side> sides, RealTriton triton, List<Side> longest)
      throws Exception {
    for (Side side : sides.values()) {
      side.run(triton.grpcPort(), 64, BLOCK_MILLIS);
    }
    for (int block = 0; block < WARM_UP_BLOCKS; block++) {
      for (Side side : longest) {
        side.run(triton.grpcPort(), 64, BLOCK_MILLIS);
      }
    }
  }

  private static void compare(Map<String, Side> sides, RealTriton triton, int callers)
      throws Exception {
    Map<String, List<Block>> blocks = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (var side : sides.entrySet()) {
        Served before = served(triton);
        Block block = side.getValue().run(triton.grpcPort(), callers, BLOCK_MILLIS);
        Served after = served(triton);
        double mean = (double) (after.nanos - before.nanos) / (after.calls - before.calls);
        blocks
            .computeIfAbsent(side.getKey(), _ -> new ArrayList<>())
            .add(new Block(block.latencies, block.nanos, block.cpuNanos, mean, block.allocated));
      }
    }
    blocks.forEach(
        (name, all) ->
            System.out.printf(
                Locale.ROOT,
                "| %d | %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f |%n",
                callers,
                name,
                median(all, Block::addedMicros),
                median(all, block -> block.micros(0.5)),
                median(all, block -> block.micros(0.99)),
                median(all, block -> block.serverNanos() / 1e3),
                median(all, Block::perSecond),
                median(all, Block::cpuMicros),
                median(all, Block::allocatedEach)));
  }

  /** What crosses the wire for one call, both ways, the connection's own beginning included. */
  private static void wire(Map<String, Side> sides, Relay relay) throws Exception {
    for (var side : sides.entrySet()) {
      relay.reset();
      int calls = side.getValue().run(relay.port(), 1, BLOCK_MILLIS).latencies().length;
      System.out.printf(
          Locale.ROOT,
          "| %s | %d bytes out, %d bytes in a call, over %d calls |%n",
          side.getKey(),
          relay.out.sum() / calls,
          relay.in.sum() / calls,
          calls);
    }
  }

  private static double median(List<Block> blocks, ToDoubleFunction<Block> figure) {
    double[] sorted = blocks.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** One call from its begin to its end, which the future tells. */
  @FunctionalInterface
  private interface Caller {
    Future<Void> call();
  }

  private Block ours(int port, int callers, int millis) {
    OipClient client =
        OipClient.create(
            vertx, OipClientOptions.to(new Endpoint("127.0.0.1", port)), NanoClock.system());
    Block block =
        block(
            () ->
                client
                    .infer(CALL, BUDGET)
                    .outcome()
                    .compose(
                        outcome ->
                            outcome instanceof Inferred
                                ? Future.succeededFuture()
                                : Future.failedFuture("a call ended as " + outcome)),
            callers,
            millis);
    await(client.close());
    return block;
  }

  /** On its own event loop, with our windows; its answers are parsed, and not checked. */
  private Block grpcJava(int port, int callers, int millis) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .directExecutor()
            .flowControlWindow(4 << 20)
            .build();
    var method =
        MethodDescriptor.<ModelInferRequest, ModelInferResponse>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("inference.GRPCInferenceService/ModelInfer")
            .setRequestMarshaller(ProtoUtils.marshaller(ModelInferRequest.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(ModelInferResponse.getDefaultInstance()))
            .build();
    Block block =
        block(
            () -> {
              Promise<Void> end = Promise.promise();
              CallOptions options =
                  CallOptions.DEFAULT.withDeadlineAfter(BUDGET.toMillis(), TimeUnit.MILLISECONDS);
              ClientCalls.asyncUnaryCall(
                  channel.newCall(method, options), InferCodec.request(CALL), observer(end));
              return end.future();
            },
            callers,
            millis);
    channel.shutdownNow();
    return block;
  }

  private static StreamObserver<ModelInferResponse> observer(Promise<Void> end) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ModelInferResponse answer) {}

      @Override
      public void onError(Throwable thrown) {
        end.fail(thrown);
      }

      @Override
      public void onCompleted() {
        end.complete();
      }
    };
  }

  private Block block(Caller caller, int callers, int millis) {
    List<Lane> lanes = Stream.generate(() -> new Lane(caller)).limit(callers).toList();
    long allocated = allocatedBytes();
    long cpu = cpuNanos();
    long start = System.nanoTime();
    long until = start + Duration.ofMillis(millis).toNanos();
    vertx.getOrCreateContext().runOnContext(_ -> lanes.forEach(lane -> lane.next(until)));
    await(Future.all(lanes.stream().map(lane -> lane.end.future()).toList()));
    long nanos = System.nanoTime() - start;
    long spent = cpuNanos() - cpu;
    long made = allocatedBytes() - allocated;
    LongStream latencies = lanes.stream().flatMapToLong(lane -> lane.latencies.build());
    return new Block(sorted(latencies), nanos, spent, Double.NaN, made);
  }

  /** Calls one after the other, each on the thread that brought the answer before. */
  private static final class Lane {

    private final Caller caller;
    private final LongStream.Builder latencies = LongStream.builder();
    private final Promise<Void> end = Promise.promise();

    Lane(Caller caller) {
      this.caller = caller;
    }

    void next(long until) {
      long start = System.nanoTime();
      if (start - until >= 0) {
        end.complete();
        return;
      }
      caller
          .call()
          .onComplete(
              _ -> {
                latencies.add(System.nanoTime() - start);
                next(until);
              },
              end::fail);
    }
  }

  private static long[] ones() {
    return LongStream.generate(() -> 1).limit(LENGTH).toArray();
  }

  private static long[] sorted(LongStream latencies) {
    return latencies.sorted().toArray();
  }

  /** Of this process, which holds our client and the measuring. */
  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
  }

  /** What the server has counted so far. */
  private record Served(long calls, long nanos) {}

  private static Served served(RealTriton triton) throws Exception {
    URI at = URI.create("http://127.0.0.1:" + triton.httpPort() + "/v2/models/urm_backbone/stats");
    try (HttpClient http = HttpClient.newHttpClient()) {
      String body = http.send(HttpRequest.newBuilder(at).build(), BodyHandlers.ofString()).body();
      JsonObject success =
          new JsonObject(body)
              .getJsonArray("model_stats")
              .getJsonObject(0)
              .getJsonObject("inference_stats")
              .getJsonObject("success");
      return new Served(success.getLong("count"), success.getLong("ns"));
    }
  }

  /** The child process that calls by tritonclient. */
  private static final class Python implements AutoCloseable {

    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    Python(Path root, int port) throws IOException {
      Path clients = root.resolve("clients/python");
      String python;
      Process env =
          new ProcessBuilder(clients.resolve("env").toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader said = env.inputReader(UTF_8)) {
        python = said.readLine();
      }
      process =
          new ProcessBuilder(
                  python, clients.resolve("bench_tritonclient.py").toString(), "127.0.0.1:" + port)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      out = process.inputReader(UTF_8);
      in = process.outputWriter(UTF_8);
    }

    Block run(String how, int callers, int millis) throws IOException {
      in.write("%s %d %d%n".formatted(how, callers, millis));
      in.flush();
      JsonObject block = new JsonObject(out.readLine());
      JsonArray latencies = block.getJsonArray("latencies");
      return new Block(
          sorted(latencies.stream().mapToLong(each -> ((Number) each).longValue())),
          block.getLong("nanos"),
          block.getLong("cpuNanos"),
          Double.NaN,
          Double.NaN);
    }

    @Override
    public void close() throws IOException {
      in.close();
      process.onExit().join();
    }
  }

  /** Between a client and the server, counting. */
  private static final class Relay {

    private final LongAdder out = new LongAdder();
    private final LongAdder in = new LongAdder();
    private final NetServer server;

    Relay(Vertx vertx, int to) {
      server =
          vertx
              .createNetServer()
              .connectHandler(
                  client -> {
                    client.pause();
                    vertx
                        .createNetClient()
                        .connect(to, "127.0.0.1")
                        .onSuccess(
                            upstream -> {
                              pass(client, upstream, out);
                              pass(upstream, client, in);
                              client.resume();
                            });
                  });
      await(server.listen(0, "127.0.0.1"));
    }

    private static void pass(NetSocket from, NetSocket to, LongAdder count) {
      from.handler(
          bytes -> {
            count.add(bytes.length());
            to.write(bytes);
          });
      from.closeHandler(_ -> to.close());
    }

    int port() {
      return server.actualPort();
    }

    void reset() {
      out.reset();
      in.reset();
    }
  }

  private static Path root() {
    return Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
        .filter(folder -> Files.isExecutable(folder.resolve("servers/run")))
        .findFirst()
        .orElseThrow();
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
