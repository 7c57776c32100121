package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.RealTriton;
import io.trawl.workers.testkit.TritonModels;
import io.trawl.workers.testkit.contract.GateServer;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A real Triton is killed, stopped, drained and robbed of its model under calls. Each call ends by
 * its deadline as the failure that says so, the next server on the same port is served from at
 * once, and nothing stays behind: one connection, no stream, no thread.
 */
@TestInstance(Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
class RealTritonFaultsTest {

  private static final Duration AMPLE = Duration.ofSeconds(30);

  /** How long after a server's own recovery it must be served from. */
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  private static final int CALLS = 64;

  private final Vertx vertx = Vertx.vertx();
  private @Nullable Path root;
  private @Nullable GateServer gate;
  private @Nullable RealTriton triton;
  private @Nullable OipClient client;

  @BeforeAll
  void startTriton() throws IOException {
    root = Files.createTempDirectory("triton-faults");
    gate = GateServer.start();
    Path models = root.resolve("models");
    new TritonModels(models)
        .identity("identity", "FP32")
        .identity("spare", "FP32")
        .gated("gated", gate.port());
    triton = RealTriton.start(models, root.resolve("state"));
  }

  @BeforeEach
  void connect() {
    if (!triton().alive()) {
      triton = triton().restart();
    }
    client =
        OipClient.create(
            vertx,
            OipClientOptions.to(new Endpoint("127.0.0.1", triton().grpcPort())),
            NanoClock.system());
    assertInstanceOf(Inferred.class, await(infer("identity", AMPLE)));
  }

  @AfterEach
  void hangUp() {
    gate().release(CALLS);
    await(client().close());
  }

  @AfterAll
  void stopTriton() throws IOException {
    triton().close();
    gate().close();
    await(vertx.close());
    try (var files = Files.walk(requireNonNull(root))) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void aKilledServerIsUnreachableAndTheNextOneIsServedFromAtOnce() {
    List<Future<InferOutcome>> held = hold(3);
    int threads = Thread.activeCount();
    kill();
    for (Future<InferOutcome> call : held) {
      assertInstanceOf(Failure.Unreachable.class, await(call));
    }
    for (Future<InferOutcome> call : all("identity", AMPLE)) {
      assertInstanceOf(Failure.Unreachable.class, await(call));
    }
    assertInstanceOf(
        Failure.Unreachable.class,
        assertInstanceOf(Reply.NoAnswer.class, await(client().serverReady(AMPLE))).why());

    triton = triton().restart();

    assertServesWithin(RECOVERY);
    assertNothingStays(threads);
  }

  @Test
  void callsToAStoppedServerEndByTheirDeadlineAndItServesOnceItGoesOn() throws Exception {
    int threads = Thread.activeCount();
    signal("STOP");
    try {
      for (Future<InferOutcome> call : all("identity", Duration.ofMillis(300))) {
        assertInstanceOf(Failure.DeadlineExceeded.class, await(call));
      }
      assertInstanceOf(
          Failure.DeadlineExceeded.class,
          assertInstanceOf(
                  Reply.NoAnswer.class, await(client().serverReady(Duration.ofMillis(300))))
              .why());
    } finally {
      signal("CONT");
    }
    assertServesWithin(RECOVERY);
    assertNothingStays(threads);
  }

  @Test
  void aModelThatIsTakenAwayUnderCallsIsStoppingAndNoFaultOfTheirs() throws Exception {
    int threads = Thread.activeCount();
    Future<?> unloaded = vertx.executeBlocking(() -> repository("spare", "unload"), false);
    InferOutcome last = new Failure.Cancelled("none yet");
    while (!(last instanceof Failure.Stopping)) {
      last = await(infer("spare", AMPLE));
      assertTrue(last instanceof Inferred || last instanceof Failure.Stopping, last::toString);
    }
    await(unloaded);
    assertInstanceOf(Inferred.class, await(infer("identity", AMPLE)));
    assertInstanceOf(Failure.NotFound.class, await(infer("nope", AMPLE)));

    repository("spare", "load");

    assertInstanceOf(Inferred.class, await(infer("spare", AMPLE)));
    assertNothingStays(threads);
  }

  /** From SIGTERM to the end: what runs is delivered, all else is told to go elsewhere. */
  @Test
  void aDrainingServerIsStoppingWhateverIsAsked() {
    HttpProbe probe = HttpProbe.of(vertx, new Endpoint("127.0.0.1", triton().httpPort()));
    assertEquals(new Reply.Answer<>(true), await(probe.ready(AMPLE)));
    List<Future<InferOutcome>> held = hold(2);
    Future<Boolean> end = triton().terminate();
    while (await(client().serverReady(AMPLE)) instanceof Reply.Answer<Boolean>) {
      // Until the signal has arrived.
    }
    for (Future<InferOutcome> call : all("identity", AMPLE)) {
      assertInstanceOf(Failure.Stopping.class, await(call));
    }
    assertStopping(client().serverLive(AMPLE));
    assertStopping(client().serverReady(AMPLE));
    assertStopping(client().modelReady("gated", "", AMPLE));
    assertStopping(client().modelMetadata("gated", "", AMPLE));
    assertStopping(probe.ready(AMPLE));

    gate().release(held.size());
    for (Future<InferOutcome> call : held) {
      assertInstanceOf(Inferred.class, await(call));
    }
    assertTrue(await(end));
    assertInstanceOf(Failure.Unreachable.class, await(infer("identity", AMPLE)));
    await(probe.close());
  }

  /** One that runs, and others that wait for it. */
  private List<Future<InferOutcome>> hold(int calls) {
    List<Future<InferOutcome>> held = new ArrayList<>();
    held.add(infer("gated", AMPLE));
    assertEquals(1, gate().awaitNext());
    for (int i = 1; i < calls; i++) {
      held.add(infer("gated", AMPLE));
    }
    // Calls of one connection are read in their order.
    assertInstanceOf(Reply.Answer.class, await(client().serverLive(AMPLE)));
    return held;
  }

  private List<Future<InferOutcome>> all(String model, Duration budget) {
    return Stream.generate(() -> infer(model, budget)).limit(CALLS).toList();
  }

  private Future<InferOutcome> infer(String model, Duration budget) {
    InferCall call = InferCall.of(model, "1", Tensor.fp32("IN", new long[] {1, 2}, 1, 2));
    return client().infer(call, budget).outcome();
  }

  private void assertServesWithin(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    InferOutcome outcome;
    do {
      outcome = await(infer("identity", patience));
    } while (!(outcome instanceof Inferred) && System.nanoTime() - end < 0);
    assertInstanceOf(Inferred.class, outcome);
  }

  /** More calls than any lost streams would leave, over the one connection. */
  private void assertNothingStays(int threads) {
    for (Future<InferOutcome> call : all("identity", AMPLE)) {
      assertInstanceOf(Inferred.class, await(call));
    }
    assertEquals(1, connections(), "connections to the gRPC port");
    assertTrue(Thread.activeCount() <= threads + 1, () -> "threads " + Thread.activeCount());
  }

  /** As the kernel has them: established, from here to Triton's gRPC port. */
  private long connections() {
    String to = "0100007F:%04X 01".formatted(triton().grpcPort());
    try (Stream<String> v4 = Files.lines(Path.of("/proc/self/net/tcp"));
        Stream<String> v6 = Files.lines(Path.of("/proc/self/net/tcp6"))) {
      return Stream.concat(v4, v6).filter(line -> line.contains(to)).count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void kill() {
    ProcessHandle server = triton().process();
    assertTrue(server.destroyForcibly());
    server.onExit().orTimeout(AMPLE.toSeconds(), TimeUnit.SECONDS).join();
  }

  private void signal(String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(triton().process().pid()));
    assertEquals(0, kill.inheritIO().start().waitFor());
  }

  private int repository(String model, String verb) throws Exception {
    URI at =
        URI.create(
            "http://127.0.0.1:%d/v2/repository/models/%s/%s"
                .formatted(triton().httpPort(), model, verb));
    try (HttpClient http = HttpClient.newHttpClient()) {
      var post = HttpRequest.newBuilder(at).POST(BodyPublishers.noBody()).build();
      int status = http.send(post, BodyHandlers.discarding()).statusCode();
      assertEquals(200, status);
      return status;
    }
  }

  private static void assertStopping(Future<? extends Reply<?>> reply) {
    assertInstanceOf(
        Failure.Stopping.class, assertInstanceOf(Reply.NoAnswer.class, await(reply)).why());
  }

  private RealTriton triton() {
    return requireNonNull(triton);
  }

  private GateServer gate() {
    return requireNonNull(gate);
  }

  private OipClient client() {
    return requireNonNull(client);
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("nothing came within 60 s", late);
    }
  }
}
