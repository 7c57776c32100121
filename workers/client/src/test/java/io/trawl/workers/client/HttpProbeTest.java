package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.Rejection;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a probe of the HTTP port tells: a port that is closed is no fault of the caller's. */
class HttpProbeTest {

  private static final Duration AMPLE = Duration.ofSeconds(20);

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void aDrainingServerRefusesTheProbeAndThatIsStopping() throws Exception {
    FakeTriton triton = await(FakeTriton.start(vertx));
    HttpProbe probe = HttpProbe.of(vertx, new Endpoint("127.0.0.1", triton.httpPort()));
    assertEquals(new Reply.Answer<>(true), await(probe.ready(AMPLE)));
    triton.ready(false);
    assertEquals(new Reply.Answer<>(false), await(probe.ready(AMPLE)));
    await(triton.drain(Rejection.STOPPING));
    assertFails(Failure.Stopping.class, await(probe.ready(AMPLE)));
  }

  @Test
  void aServerThatSaysNothingCostsTheBudgetAndNoMore() throws Exception {
    try (var silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      HttpProbe probe = HttpProbe.of(vertx, new Endpoint("127.0.0.1", silent.getLocalPort()));
      assertFails(Failure.DeadlineExceeded.class, await(probe.ready(Duration.ofMillis(50))));
      assertFails(Failure.DeadlineExceeded.class, await(probe.ready(Duration.ZERO)));
    }
  }

  private static void assertFails(Class<? extends Failure> expected, Reply<Boolean> reply) {
    assertInstanceOf(expected, assertInstanceOf(Reply.NoAnswer.class, reply).why());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(30, TimeUnit.SECONDS);
  }
}
