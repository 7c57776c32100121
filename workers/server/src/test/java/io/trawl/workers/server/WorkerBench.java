package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.management.OperatingSystemMXBean;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.OipClientOptions;
import io.trawl.workers.client.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the worker adds to ONNX Runtime, and whether its memory is steady. By hand, not in the
 * default tests:
 *
 * <pre>
 * mvn -pl workers/server -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=WorkerBench#cost
 * mvn -pl workers/server -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=WorkerBench#memory
 * </pre>
 *
 * <p>Worker, client and ONNX Runtime called directly share one JVM. Blocks of each are interleaved,
 * and of all blocks the median is told, so that what else the machine does falls on all alike;
 * processor time does not depend on it. One instance of each model, one thread inside it; callers
 * of the direct session take turns.
 */
final class WorkerBench {
  private static final int[] CALLERS =
      Arrays.stream(System.getProperty("bench.callers", "1,8,64").split(",", -1))
          .mapToInt(Integer::parseInt)
          .toArray();
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 15);
  private static final int WARM_UP_BLOCKS = 12;
  private static final long BLOCK_NANOS = Duration.ofMillis(400).toNanos();
  private static final Duration BUDGET = Duration.ofSeconds(30);
  private static final int REQUESTS = Integer.getInteger("bench.requests", 1_000_000);

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final Vertx callers = Vertx.vertx();

  /** One block of calls, each begun when the one before it on its lane has ended. */
  private record Block(long calls, long nanos, long cpuNanos, long[] latencies) {
    double cpuMicros() {
      return cpuNanos / 1e3 / calls;
    }

    double perSecond() {
      return calls * 1e9 / nanos;
    }

    double micros(double quantile) {
      return latencies[(int) Math.min(calls - 1, Math.round(quantile * calls))] / 1e3;
    }
  }

  @FunctionalInterface
  private interface Target {
    Block run(int concurrency) throws Exception;
  }

  @Test
  void cost() throws Exception {
    System.out.println(
        "| model | callers | | p50 µs | p50 µs, best block | p99 µs | calls/s | CPU µs a call |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    Map<String, Integer> widths = new LinkedHashMap<>();
    widths.put("small (2 layers of 64)", 64);
    widths.put("weighty (3 layers of 2048)", 2048);
    int model = 0;
    for (var each : widths.entrySet()) {
      int width = each.getValue();
      byte[] file = OnnxFile.layers(width, width == 64 ? 2 : 3, 1);
      write("alone" + model, file, "");
      write("batched" + model, file, "dynamic_batching { }");
      model++;
    }
    fixture.start();
    OipClient client = client();
    model = 0;
    for (var each : widths.entrySet()) {
      int width = each.getValue();
      try (Direct direct = new Direct(file("alone" + model), width)) {
        Map<String, Target> targets = new LinkedHashMap<>();
        targets.put("ONNX Runtime", direct::run);
        targets.put("gRPC alone (ServerLive)", lanes(asking(client)));
        targets.put("worker", lanes(inferring(client, "alone" + model, width)));
        targets.put("worker, dynamic batching", lanes(inferring(client, "batched" + model, width)));
        warmUp(targets);
        for (int concurrency : CALLERS) {
          compare(each.getKey(), concurrency, targets);
        }
      }
      model++;
    }
    await(client.close());
    await(callers.close());
  }

  /** Many callers, since a compiler that is asked once in a millisecond compiles nothing. */
  private static void warmUp(Map<String, Target> targets) throws Exception {
    for (int block = 0; block < WARM_UP_BLOCKS; block++) {
      for (Target target : targets.values()) {
        target.run(64);
      }
    }
  }

  private static void compare(String model, int concurrency, Map<String, Target> targets)
      throws Exception {
    Map<String, List<Block>> blocks = new LinkedHashMap<>();
    targets.keySet().forEach(name -> blocks.put(name, new ArrayList<>()));
    for (int round = 0; round < ROUNDS; round++) {
      for (var target : targets.entrySet()) {
        Block block = target.getValue().run(concurrency);
        blocks.getOrDefault(target.getKey(), new ArrayList<>()).add(block);
      }
    }
    blocks.forEach(
        (name, all) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %.0f | %.0f | %.0f | %.0f | %.0f |%n",
                model,
                concurrency,
                name,
                median(all, block -> block.micros(0.5)),
                all.stream().mapToDouble(block -> block.micros(0.5)).min().orElse(0),
                median(all, block -> block.micros(0.99)),
                median(all, Block::perSecond),
                median(all, Block::cpuMicros)));
  }

  private static double median(List<Block> blocks, ToDoubleFunction<Block> figure) {
    double[] sorted = blocks.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Memory every 100,000 requests: what grows here grows in production. */
  @Test
  void memory() throws Exception {
    write("small", OnnxFile.layers(16, 1, 1), "dynamic_batching { }");
    fixture.start();
    OipClient client = client();
    System.out.println("| requests | resident MiB | heap after GC MiB | threads |");
    System.out.println("| --- | --- | --- | --- |");
    int step = Math.max(1, REQUESTS / 10);
    for (int done = 0; done <= REQUESTS; done += step) {
      if (done > 0) {
        int[] left = {step};
        loops(64, inferring(client, "small", 16), () -> left[0]-- > 0);
      }
      System.gc();
      System.gc();
      System.out.printf(
          Locale.ROOT,
          "| %,d | %d | %.1f | %d |%n",
          done,
          residentMebibytes(),
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1048576.0,
          ManagementFactory.getThreadMXBean().getThreadCount());
    }
    await(client.close());
    await(callers.close());
  }

  private static long residentMebibytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    return -1;
  }

  /** Of the whole process: callers, client, worker and ONNX Runtime. */
  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private void write(String model, byte[] file, String more) throws IOException {
    fixture.repository().config(model, "backend: \"onnxruntime\" max_batch_size: 64 " + more);
    Files.createDirectories(file(model).getParent());
    Files.write(file(model), file);
  }

  private Path file(String model) {
    return fixture.repository().root().resolve(model).resolve("1").resolve("model.onnx");
  }

  private OipClient client() {
    Endpoint worker = new Endpoint("127.0.0.1", fixture.worker().ports().grpc());
    return OipClient.create(callers, OipClientOptions.to(worker), System::nanoTime);
  }

  private Target lanes(Supplier<Future<Boolean>> call) {
    return concurrency -> {
      long until = System.nanoTime() + BLOCK_NANOS;
      return loops(concurrency, call, () -> System.nanoTime() < until);
    };
  }

  private static Supplier<Future<Boolean>> inferring(OipClient client, String model, int width) {
    InferCall call =
        InferCall.of(
            model,
            "1",
            io.trawl.workers.client.Tensor.fp32("IN", new long[] {1, width}, new float[width]));
    return () -> client.infer(call, BUDGET).outcome().map(Inferred.class::isInstance);
  }

  /** What client and gRPC cost by themselves. */
  private static Supplier<Future<Boolean>> asking(OipClient client) {
    return () -> client.serverLive(BUDGET).map(Reply.Answer.class::isInstance);
  }

  /** Lanes of calls on one event loop, until the condition, asked there, no longer holds. */
  private Block loops(int concurrency, Supplier<Future<Boolean>> call, BooleanSupplier goOn) {
    LongStream.Builder latencies = LongStream.builder();
    long cpu = cpuNanos();
    long start = System.nanoTime();
    List<Promise<Void>> ends = new ArrayList<>();
    for (int i = 0; i < concurrency; i++) {
      ends.add(Promise.promise());
    }
    callers
        .getOrCreateContext()
        .runOnContext(_ -> ends.forEach(end -> next(call, latencies, goOn, end)));
    await(Future.all(ends.stream().map(Promise::future).toList()));
    long nanos = System.nanoTime() - start;
    long[] sorted = latencies.build().sorted().toArray();
    return new Block(sorted.length, nanos, cpuNanos() - cpu, sorted);
  }

  private static void next(
      Supplier<Future<Boolean>> call,
      LongStream.Builder latencies,
      BooleanSupplier goOn,
      Promise<Void> end) {
    if (!goOn.getAsBoolean()) {
      end.complete();
      return;
    }
    long start = System.nanoTime();
    call.get()
        .onSuccess(
            answered -> {
              if (!answered) {
                end.fail("a call was not answered");
                return;
              }
              latencies.add(System.nanoTime() - start);
              next(call, latencies, goOn, end);
            });
  }

  /** The same model, called as a program would that has ONNX Runtime in it. */
  private static final class Direct implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final int width;
    private final ReentrantLock turn = new ReentrantLock(true);

    Direct(Path file, int width) throws OrtException {
      this.width = width;
      try (var options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        this.session = environment.createSession(file.toString(), options);
      }
    }

    Block run(int concurrency) throws InterruptedException {
      long cpu = cpuNanos();
      long start = System.nanoTime();
      long until = start + BLOCK_NANOS;
      List<long[]> each = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < concurrency; i++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      long[] latencies = lane(until);
                      synchronized (each) {
                        each.add(latencies);
                      }
                    }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      long nanos = System.nanoTime() - start;
      long[] sorted = each.stream().flatMapToLong(Arrays::stream).sorted().toArray();
      return new Block(sorted.length, nanos, cpuNanos() - cpu, sorted);
    }

    private long[] lane(long until) {
      LongStream.Builder latencies = LongStream.builder();
      ByteBuffer in = ByteBuffer.allocateDirect(4 * width).order(ByteOrder.nativeOrder());
      while (System.nanoTime() < until) {
        long start = System.nanoTime();
        turn.lock();
        try (var tensor =
                OnnxTensor.createTensor(environment, in.asFloatBuffer(), new long[] {1, width});
            var result = session.run(Map.of("IN", tensor))) {
          ((OnnxTensor) result.get(0)).getFloatBuffer();
        } catch (OrtException e) {
          throw new AssertionError(e);
        } finally {
          turn.unlock();
        }
        latencies.add(System.nanoTime() - start);
      }
      return latencies.build().toArray();
    }

    @Override
    public void close() throws OrtException {
      session.close();
    }
  }
}
