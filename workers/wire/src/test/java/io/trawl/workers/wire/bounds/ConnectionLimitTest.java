package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class ConnectionLimitTest {

  private static final Duration NEVER = Duration.ofHours(1);

  @Test
  void oneMoreIsClosedAtOnceAndAnotherMayComeOnceOneHasGone() throws Exception {
    for (var limit :
        new ConnectionLimit[] {
          new ConnectionLimit(2, 100, NEVER), new ConnectionLimit(100, 2, NEVER)
        }) {
      try (var server = new Server(limit)) {
        var first = server.connect();
        try (first;
            var second = server.connect()) {
          server.answers(first);
          server.answers(second);
          try (var third = server.connect()) {
            assertEquals(-1, read(third));
          }
          assertEquals(1, limit.refused());
          assertEquals(2, limit.open());
          first.close();
          until(() -> limit.open() == 1);
          try (var next = server.connect()) {
            server.answers(next);
          }
        }
        until(() -> limit.open() == 0);
      }
    }
  }

  @Test
  void aNetworkOfIpv6IsOneCaller() {
    assertEquals(caller("2001:db8:1:2::3"), caller("2001:db8:1:2:ffff::"));
    assertNotEquals(caller("2001:db8:1:2::3"), caller("2001:db8:1:3::3"));
    assertNotEquals(caller("192.0.2.1"), caller("192.0.2.2"));
    assertEquals(caller("192.0.2.1"), caller("::ffff:192.0.2.1"));
  }

  private static InetAddress caller(String address) {
    return ConnectionLimit.caller(InetAddress.ofLiteral(address));
  }

  @Test
  void whatSaysNothingWholeIsClosed() throws Exception {
    var limit = new ConnectionLimit(10, 10, Duration.ofMillis(50));
    try (var server = new Server(limit);
        var dripping = server.connect();
        var silent = server.connect()) {
      dripping.getOutputStream().write("GET / HTTP".getBytes(StandardCharsets.US_ASCII));
      assertEquals(-1, read(dripping));
      assertEquals(-1, read(silent));
      assertEquals(2, limit.silent());
    }
  }

  @Test
  void whoIsConnectedStaysWhenNoMoreAreAccepted() throws Exception {
    try (var server = new Server(new ConnectionLimit(10, 10, NEVER));
        var silent = server.connect();
        var busy = server.connect()) {
      server.answers(busy); // so that the one before it has been accepted too
      await(ConnectionLimit.stopAccepting(server.vertx, server.port + 1));
      server.connect().close();

      await(ConnectionLimit.stopAccepting(server.vertx, server.port));

      until(() -> refuses(server));
      server.answers(silent);
    }
  }

  @Test
  void whoWaitsToBeAcceptedIsBeforeASocketCloses() throws Exception {
    try (var server = new Server(new ConnectionLimit(100, 100, NEVER))) {
      var held = new CountDownLatch(1);
      ((VertxInternal) server.vertx)
          .acceptorEventLoopGroup()
          .next()
          .execute(() -> assertDoesNotThrow(() -> held.await()));
      List<Socket> waiting = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        waiting.add(server.connect());
      }
      var stopped = ConnectionLimit.stopAccepting(server.vertx, server.port);
      held.countDown();
      await(stopped);

      for (var caller : waiting) {
        server.answers(caller);
        caller.close();
      }
    }
  }

  @Test
  void aTransportWithoutALimitAcceptsOn() throws Exception {
    var vertx = Vertx.vertx();
    try {
      await(ConnectionLimit.stopAccepting(vertx, 80));
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void noConnectionAtAllIsNoLimit() {
    assertThrows(IllegalArgumentException.class, () -> new ConnectionLimit(0, 1, NEVER));
    assertThrows(IllegalArgumentException.class, () -> new ConnectionLimit(1, 0, NEVER));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static boolean refuses(Server server) {
    try {
      server.connect().close();
      return false;
    } catch (IOException refused) {
      return true;
    }
  }

  private static int read(Socket socket) throws IOException {
    socket.setSoTimeout(30_000);
    try {
      return socket.getInputStream().read();
    } catch (java.net.SocketException reset) {
      return -1;
    }
  }

  private static void until(BooleanSupplier holds) throws InterruptedException {
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < patience, "not within 30 s");
      Thread.sleep(2);
    }
  }

  private static final class Server implements AutoCloseable {
    private final Vertx vertx;
    private final int port;

    Server(ConnectionLimit limit) throws Exception {
      vertx = Vertx.builder().withTransport(limit.over(Transport.NIO)).build();
      var watch = new PortWatch(PortLimits.DEFAULT, new MemoryBudget(1000, 1000), System::nanoTime);
      port =
          vertx
              .createHttpServer()
              .connectionHandler(watch::watch)
              .requestHandler(request -> request.response().end())
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS)
              .actualPort();
    }

    Socket connect() throws IOException {
      return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    void answers(Socket socket) throws IOException {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertEquals('H', read(socket));
    }

    @Override
    public void close() throws Exception {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }
}
