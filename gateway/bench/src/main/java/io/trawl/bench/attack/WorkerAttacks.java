package io.trawl.bench.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.trawl.bench.attack.Attack.Wish;
import io.trawl.workers.protocol.ModelInferRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What a stranger does to a worker that serves the demo space's backbone. */
final class WorkerAttacks {

  private static final String INFER = "/v2/models/urm_backbone/infer";
  private static final String MODEL_INFER = "/inference.GRPCInferenceService/ModelInfer";
  private static final String STREAM_INFER = "/inference.GRPCInferenceService/ModelStreamInfer";
  private static final Map<String, String> JSON = Map.of("content-type", "application/json");

  private static final String ANOTHER_STRANGER = "127.0.0.3";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int MB = 1_000_000;
  private static final int STREAMS = 12;
  private static final int FRAME_BYTES = 16 << 10;
  private static final int TOKENS = 32;
  private static final int LONG_TOKENS = 14_000;
  private static final long LONG_PEAK_MIB = 1_500;

  private WorkerAttacks() {}

  static List<Attack> all() {
    return List.of(
        new Attack(
            "worker-unfinished-bodies",
            "14 bodies of 64 MB of which 60 MB come",
            "each is refused or cut within 60 s",
            Wish.ANY,
            false,
            WorkerAttacks::unfinishedBodies),
        new Attack(
            "worker-unfinished-messages",
            "8 gRPC messages of 60 MB but for their last byte",
            "each is refused or cut within 60 s",
            Wish.ANY,
            false,
            WorkerAttacks::unfinishedMessages),
        new Attack(
            "worker-json-list",
            "a JSON body of 60 MB, a list of 30 million numbers",
            "it is answered within 20 s, and not as 5xx",
            Wish.ANY,
            true,
            WorkerAttacks::jsonList),
        new Attack(
            "worker-empty-inputs",
            "6 callers with 12,000,000 empty inputs, 23 KB packed, then with 500,000",
            "each is refused within 15 s",
            Wish.ANY,
            true,
            WorkerAttacks::emptyInputs),
        new Attack(
            "worker-abandoned-inputs",
            "500,000 empty inputs, 1 KB packed, 45 times on each of 10 connections, each reset at"
                + " once",
            "it serves on",
            Wish.ANY,
            true,
            WorkerAttacks::abandonedInputs),
        new Attack(
            "worker-waiting-streams",
            "1,500 calls of 8 MB, 8 KB packed, and behind them 12 streams of 64 messages of 1 MB",
            "it serves on",
            Wish.ANY,
            false,
            WorkerAttacks::waitingStreams),
        new Attack(
            "worker-empty-messages",
            "200,000 empty messages in one frame of 1 MB, over 4 connections",
            "the next call is answered within 5 s",
            Wish.ANY,
            true,
            WorkerAttacks::emptyMessages),
        new Attack(
            "worker-packed-queue",
            "200 calls of 40 MB, 39 KB packed, over one connection",
            "packed and large calls of another address are answered within 5 s each",
            Wish.ANY,
            true,
            WorkerAttacks::packedQueue),
        new Attack(
            "worker-resets",
            "20,000 inferences begun and reset, 100 on each of 200 connections",
            "good callers are served",
            Wish.ANY,
            true,
            WorkerAttacks::resets),
        new Attack(
            "worker-bad-row",
            "a caller with a token id of 10^9 beside 8 good ones, batched together, for 4 s",
            "no good call fails, and each bad one is a 400",
            Wish.ANY,
            true,
            WorkerAttacks::badRow),
        new Attack(
            "worker-long-sequence",
            "a sequence of 14,000 tokens with a deadline of 0.5 s",
            "it ends within 3 s, and the worker peaks below 1,500 MiB",
            Wish.ANY,
            false,
            WorkerAttacks::longSequence));
  }

  private static void unfinishedBodies(Target target, Findings findings)
      throws InterruptedException {
    GatewayAttacks.hold(
        target.workerHttp(), 14, Http1.post(INFER, JSON, 64 * MB), 60 * MB, findings);
  }

  private static void unfinishedMessages(Target target, Findings findings)
      throws InterruptedException {
    GatewayAttacks.holdMessages(target.workerGrpc(), 8, MODEL_INFER, 60 * MB, findings);
  }

  private static void jsonList(Target target, Findings findings)
      throws IOException, InterruptedException {
    int numbers = 30 * MB;
    var body = new ByteArrayOutputStream(2 * numbers + 200);
    body.writeBytes(
        "{\"inputs\":[{\"name\":\"token_ids\",\"datatype\":\"INT64\",\"shape\":[1,%d],\"data\":["
            .formatted(numbers)
            .getBytes(US_ASCII));
    var zeros = "0,".repeat(MB / 2).getBytes(US_ASCII);
    for (int i = 0; i < 2 * numbers / zeros.length; i++) {
      body.writeBytes(zeros);
    }
    body.writeBytes("0]}]}".getBytes(US_ASCII));
    var bytes = body.toByteArray();
    try (var peer = Peer.open(target.workerHttp())) {
      peer.send(Http1.post(INFER, JSON, bytes.length));
      // Refused while it comes, its rest may find the connection cut.
      sendAside(peer, bytes);
      int status = peer.awaitStatus(Duration.ofSeconds(20));
      findings.check(status >= 400 && status < 500, "it got " + status);
    }
  }

  private static void emptyInputs(Target target, Findings findings)
      throws IOException, InterruptedException {
    for (int inputs : new int[] {12_000_000, 500_000}) {
      var packed = packedEmptyInputs(inputs);
      GatewayAttacks.refused(target.workerGrpc(), MODEL_INFER, packed, 6, 1, findings);
    }
  }

  private static byte[] packedEmptyInputs(int inputs) throws IOException {
    var message = new ByteArrayOutputStream(2 * inputs + 20);
    message.writeBytes(
        ModelInferRequest.newBuilder().setModelName("urm_backbone").build().toByteArray());
    message.writeBytes("*\0".repeat(inputs).getBytes(US_ASCII));
    return Http1.gzip(message.toByteArray());
  }

  /** Each is read, and would be a hundred megabytes that nobody is answerable for. */
  private static void abandonedInputs(Target target, Findings findings)
      throws IOException, InterruptedException {
    var packed = packedEmptyInputs(500_000);
    var head = Http2.post(MODEL_INFER, "application/grpc");
    head.put("grpc-encoding", "gzip");
    GatewayAttacks.floodWithResets(
        target.workerGrpc(), 10, 45, head, Http2.packed(packed), findings);
  }

  /** What streams send waits behind what is unpacked slowly. */
  private static void waitingStreams(Target target, Findings findings)
      throws IOException, InterruptedException {
    try (var packed = Peer.stranger(target.workerGrpc());
        var streams = new GrpcCalls(target.workerGrpc(), STREAMS)) {
      sendAside(packed, packedCalls(1_500, 8 * MB));
      var message = named(MB).build().toByteArray();
      for (int i = 0; i < STREAMS; i++) {
        streams.stream(STREAM_INFER, message, 64);
      }
      TimeUnit.SECONDS.sleep(15);
    }
    int status = Http1.status(target.workerHttp(), "/v2/health/ready");
    findings.check(status == 200, "its health got " + status);
  }

  private static void emptyMessages(Target target, Findings findings) throws InterruptedException {
    byte[] messages = new byte[MB];
    try (var crowd = new Crowd();
        var calls = new GrpcCalls(target.workerGrpc(), 1)) {
      crowd.start(
          4,
          target.workerGrpc(),
          peer -> {
            peer.send(Http2.preface());
            Crowd.until(() -> peer.receivedBytes() > 0, PATIENCE);
            peer.send(Http2.settingsTaken());
            peer.send(Http2.headers(1, false, Http2.post(STREAM_INFER, "application/grpc")));
            peer.send(Http2.data(1, false, messages));
          });
      crowd.awaitDone(PATIENCE);
      TimeUnit.SECONDS.sleep(2);
      long begun = System.nanoTime();
      var next =
          calls.call(MODEL_INFER, inference(target, TOKENS, 1).toByteArray(), PATIENCE, PATIENCE);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      findings.check(
          next.equals("grpc 0") && millis < 5_000,
          "the next call ended as %s after %,d ms".formatted(next, millis));
    }
  }

  /** What a neighbour sends waits for its own turn alone. */
  private static void packedQueue(Target target, Findings findings)
      throws IOException, InterruptedException {
    byte[] small = Http1.gzip(inference(target, TOKENS, 1).toByteArray());
    byte[] large =
        inference(target, TOKENS, 1).toBuilder().setId("i".repeat(300_000)).build().toByteArray();
    byte[] largePacked = Http1.gzip(large);
    List<String> wrong = new ArrayList<>();
    long longest = 0;
    try (var greedy = Peer.from(ANOTHER_STRANGER, target.workerGrpc());
        var calls = new GrpcCalls(target.workerGrpc(), 1)) {
      sendAside(greedy, packedCalls(200, 40 * MB));
      TimeUnit.MILLISECONDS.sleep(500);
      for (int i = 0; i < 5; i++) {
        for (Deed deed :
            List.<Deed>of(
                () -> calls.callPacked(MODEL_INFER, small, PATIENCE, PATIENCE),
                () -> calls.call(MODEL_INFER, large, PATIENCE, PATIENCE),
                () -> calls.callPacked(MODEL_INFER, largePacked, PATIENCE, PATIENCE))) {
          long begun = System.nanoTime();
          var answer = deed.call();
          longest = Math.max(longest, System.nanoTime() - begun);
          if (!answer.equals("grpc 0")) {
            wrong.add(answer);
          }
        }
      }
    }
    findings.check(
        wrong.isEmpty() && longest < TimeUnit.SECONDS.toNanos(5),
        "the neighbour's longest call took %,d ms; otherwise than well ended %s"
            .formatted(TimeUnit.NANOSECONDS.toMillis(longest), wrong));
  }

  /** A call that waits for its end. */
  @FunctionalInterface
  private interface Deed {
    String call() throws InterruptedException;
  }

  /** Calls over one connection, each of one text that packs well. */
  private static byte[] packedCalls(int calls, int bytes) throws IOException {
    var head = Http2.post(MODEL_INFER, "application/grpc");
    head.put("grpc-encoding", "gzip");
    byte[] message = Http2.packed(Http1.gzip(named(bytes).build().toByteArray()));
    List<byte[]> session = new ArrayList<>();
    session.add(Http2.preface());
    for (int i = 0; i < calls; i++) {
      int stream = 2 * i + 1;
      session.add(Http2.headers(stream, false, head));
      for (int at = 0; at < message.length; at += FRAME_BYTES) {
        int end = Math.min(message.length, at + FRAME_BYTES);
        session.add(
            Http2.data(stream, end == message.length, Arrays.copyOfRange(message, at, end)));
      }
    }
    return Http2.join(session);
  }

  /** A request that says little and is as long as this. */
  private static ModelInferRequest.Builder named(int bytes) {
    return ModelInferRequest.newBuilder().setModelName("urm_backbone").setId("i".repeat(bytes));
  }

  private static void sendAside(Peer peer, byte[] bytes) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                peer.send(bytes);
              } catch (IOException _) {
                // What was answered before stands.
              }
            });
  }

  private static void resets(Target target, Findings findings) throws InterruptedException {
    GatewayAttacks.floodWithResets(
        target.workerGrpc(), MODEL_INFER, inference(target, TOKENS, 1).toByteArray(), findings);
  }

  private static void badRow(Target target, Findings findings) throws InterruptedException {
    var good = Http1.whole(INFER, JSON, json(target, 1));
    var bad = Http1.whole(INFER, JSON, json(target, 1_000_000_000));
    var stop = new AtomicBoolean();
    var calls = new AtomicInteger();
    var failed = new AtomicInteger();
    List<Integer> wrong = Collections.synchronizedList(new ArrayList<>());
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      callers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!stop.get()) {
                      calls.incrementAndGet();
                      if (status(target, good) != 200) {
                        failed.incrementAndGet();
                      }
                    }
                  }));
    }
    callers.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!stop.get()) {
                    wrong.add(status(target, bad));
                  }
                }));
    TimeUnit.SECONDS.sleep(4);
    stop.set(true);
    for (var caller : callers) {
      caller.join();
    }
    findings.check(
        failed.get() == 0 && calls.get() > 0,
        "%,d of %,d good calls failed".formatted(failed.get(), calls.get()));
    long refused = wrong.stream().filter(status -> status == 400).count();
    findings.check(
        refused == wrong.size() && refused > 0,
        "%,d of %,d bad calls got 400".formatted(refused, wrong.size()));
  }

  private static int status(Target target, byte[] request) {
    return Http1.status(target.workerHttp(), request, Duration.ofSeconds(10));
  }

  /** An inference of one row whose tokens are all the same. */
  private static byte[] json(Target target, long token) {
    var width = target.embeddingWidth();
    var tokens = String.join(",", Collections.nCopies(TOKENS, Long.toString(token)));
    var ones = String.join(",", Collections.nCopies(TOKENS, "1"));
    var zeros = String.join(",", Collections.nCopies(TOKENS * width, "0"));
    return """
    {"inputs":[{"name":"token_ids","datatype":"INT64","shape":[1,%1$d],"data":[%2$s]},\
    {"name":"attention_mask","datatype":"INT64","shape":[1,%1$d],"data":[%3$s]},\
    {"name":"item_embeddings","datatype":"FP32","shape":[1,%1$d,%4$d],"data":[%5$s]}]}\
    """
        .formatted(TOKENS, tokens, ones, width, zeros)
        .getBytes(US_ASCII);
  }

  private static void longSequence(Target target, Findings findings) throws InterruptedException {
    long begun = System.nanoTime();
    try (var calls = new GrpcCalls(target.workerGrpc(), 1)) {
      calls.call(
          MODEL_INFER,
          inference(target, LONG_TOKENS, 1).toByteArray(),
          Duration.ofMillis(500),
          Duration.ofSeconds(10));
      // Its work may outlive its answer: what comes after it tells.
      var next =
          calls.call(
              MODEL_INFER,
              inference(target, TOKENS, 1).toByteArray(),
              Duration.ofSeconds(60),
              Duration.ofSeconds(60));
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      findings.check(
          millis < 3_000, "the next call ended as %s after %,d ms".formatted(next, millis));
    }
    var worker = ProcessFacts.of(target.worker());
    if (worker.known()) {
      findings.check(
          worker.peakMib() < LONG_PEAK_MIB,
          "the worker's peak was %,d MiB".formatted(worker.peakMib()));
    }
  }

  private static ModelInferRequest inference(Target target, int tokens, long token) {
    var width = target.embeddingWidth();
    var ids = longs(tokens, token);
    var request = ModelInferRequest.newBuilder().setModelName("urm_backbone");
    request
        .addInputsBuilder()
        .setName("token_ids")
        .setDatatype("INT64")
        .addShape(1)
        .addShape(tokens);
    request
        .addInputsBuilder()
        .setName("attention_mask")
        .setDatatype("INT64")
        .addShape(1)
        .addShape(tokens);
    request
        .addInputsBuilder()
        .setName("item_embeddings")
        .setDatatype("FP32")
        .addShape(1)
        .addShape(tokens)
        .addShape(width);
    return request
        .addRawInputContents(ids)
        .addRawInputContents(longs(tokens, 1))
        .addRawInputContents(ByteString.copyFrom(new byte[tokens * width * Float.BYTES]))
        .build();
  }

  private static ByteString longs(int count, long value) {
    var bytes = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putLong(value);
    }
    return ByteString.copyFrom(bytes.flip());
  }
}
