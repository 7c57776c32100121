package io.trawl.workers.client;

import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.shape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What watchers see, and that they cannot hurt. */
class OipObserverTest {

  private static final InferCall CALL =
      InferCall.of("backbone", "3", Tensor.int64("x", new long[] {1}, 1));

  private final Vertx vertx = Vertx.vertx();
  private FakeTriton triton;

  @BeforeEach
  void start() throws Exception {
    triton = FakeTriton.start(vertx).await(30, TimeUnit.SECONDS);
    triton.onAny().next().reject(Rejection.QUEUE_FULL).then().answer(fp32("y", shape(1), 1));
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @Test
  void outcomesAreTimedByTypeAndEndpoint() throws Exception {
    var registry = new SimpleMeterRegistry();
    OipClient client = clientWatchedBy(OipObserver.micrometer(registry));
    infer(client);
    infer(client);
    String endpoint = "127.0.0.1:" + triton.port();
    for (String outcome : new String[] {"queue-full", "inferred"}) {
      assertEquals(
          1,
          registry
              .get("trawl.worker.infer")
              .tags("endpoint", endpoint, "model", "backbone", "outcome", outcome)
              .timer()
              .count());
    }
  }

  @Test
  void metersOfAWorkerGoWithTheWayToIt() throws Exception {
    var registry = new SimpleMeterRegistry();
    OipClient client = clientWatchedBy(OipObserver.micrometer(registry));
    infer(client);
    client.close().await(30, TimeUnit.SECONDS);
    assertEquals(0, registry.find("trawl.worker.infer").timers().size());
  }

  @Test
  void anObserverThatThrowsHurtsNobody() throws Exception {
    OipClient client =
        clientWatchedBy(
            (_, _, _, _) -> {
              throw new IllegalStateException("on purpose");
            });
    assertInstanceOf(Failure.QueueFull.class, infer(client));
    assertInstanceOf(Inferred.class, infer(client));
  }

  private OipClient clientWatchedBy(OipObserver observer) {
    return OipClient.create(
        vertx,
        OipClientOptions.to(new Endpoint("127.0.0.1", triton.port())),
        NanoClock.system(),
        observer);
  }

  private static InferOutcome infer(OipClient client) throws Exception {
    return client.infer(CALL, Duration.ofSeconds(30)).outcome().await(30, TimeUnit.SECONDS);
  }
}
