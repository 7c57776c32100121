package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.Rejection;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** The port closes while a question is on its way: the kernel resets what it had taken. */
  @Test
  void aProbeThatIsResetAsThePortClosesIsStopping() throws Exception {
    try (var server = new RawServer(RawServer::closePortAndReset)) {
      assertFails(Failure.Stopping.class, await(server.probe(vertx).ready(AMPLE)));
      assertEquals(1, server.taken());
    }
  }

  /** What an earlier question left open is not asked again: it may be reset at any time. */
  @Test
  void aConnectionThatTheServerKeepsIsNotUsedAgain() throws Exception {
    try (var server = new RawServer(RawServer::answer, RawServer::closePortAndReset)) {
      HttpProbe probe = server.probe(vertx);
      assertEquals(new Reply.Answer<>(true), await(probe.ready(AMPLE)));
      assertFails(Failure.Stopping.class, await(probe.ready(AMPLE)));
      assertEquals(2, server.taken());
    }
  }

  @Test
  void aProbeThatIsResetIsAskedOnceMoreOnAFreshConnection() throws Exception {
    try (var server = new RawServer(RawServer::reset, RawServer::answer)) {
      assertEquals(new Reply.Answer<>(true), await(server.probe(vertx).ready(AMPLE)));
      assertEquals(2, server.taken());
    }
  }

  @Test
  void aServerThatResetsEveryProbeIsUnreachable() throws Exception {
    try (var server = new RawServer(RawServer::reset, RawServer::reset, RawServer::answer)) {
      assertFails(Failure.Unreachable.class, await(server.probe(vertx).ready(AMPLE)));
      assertEquals(2, server.taken());
    }
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

  /** Takes one connection after the other, reads a request on each, and does what it is told. */
  private static final class RawServer implements AutoCloseable {

    private final ServerSocket port = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final AtomicInteger taken = new AtomicInteger();
    private final Thread serving;

    RawServer(Deed... deeds) throws IOException {
      serving = Thread.ofVirtual().start(() -> serve(deeds));
    }

    private void serve(Deed... deeds) {
      try {
        for (Deed deed : deeds) {
          Socket connection = port.accept();
          taken.incrementAndGet();
          var request =
              new BufferedReader(
                  new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
          while (!request.readLine().isEmpty()) {
            // Until the request's head ends.
          }
          deed.to(this, connection);
        }
      } catch (IOException closed) {
        // The test is over.
      }
    }

    HttpProbe probe(Vertx vertx) {
      return HttpProbe.of(vertx, new Endpoint("127.0.0.1", port.getLocalPort()));
    }

    int taken() {
      return taken.get();
    }

    /** Leaves the connection open, whatever the client said about that. */
    void answer(Socket connection) throws IOException {
      connection
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    }

    void reset(Socket connection) throws IOException {
      connection.setSoLinger(true, 0);
      connection.close();
    }

    void closePortAndReset(Socket connection) throws IOException {
      port.close();
      reset(connection);
    }

    @Override
    public void close() throws Exception {
      port.close();
      serving.join();
    }

    @FunctionalInterface
    private interface Deed {
      void to(RawServer server, Socket connection) throws IOException;
    }
  }
}
