package io.trawl.bench.attack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.bench.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command line of the attacks, and the bytes that they are made of. */
class AttackCommandTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void listsEveryAttackWithItsBound() {
    assertEquals(0, run("--list"));
    Attacks.byName()
        .values()
        .forEach(
            attack -> {
              assertTrue(out.toString(UTF_8).contains(attack.name()), attack.name());
              assertTrue(out.toString(UTF_8).contains(attack.bound()), attack.name());
            });
  }

  @Test
  void refusesWhatIsNoAttack() {
    assertEquals(2, run("web-pgae"));
    assertTrue(
        err.toString(UTF_8)
            .contains("there is no attack 'web-pgae'; the nearest known one is 'web-page'"),
        err.toString(UTF_8));
    err.reset();
    assertEquals(2, run());
    assertTrue(
        err.toString(UTF_8).contains("no attack is named; expected all"), err.toString(UTF_8));
    err.reset();
    assertEquals(2, run("web-page", "--http", "1"));
    assertTrue(err.toString(UTF_8).contains("--grpc"), err.toString(UTF_8));
  }

  @Test
  void tellsFramesThatEndACallFromOthers() {
    var ours = Http2.join(List.of(Http2.setting(4, 0), Http2.ping()));
    assertFalse(Http2.hasEnded(ours));
    assertTrue(Http2.hasEnded(Http2.join(List.of(ours, Http2.reset(1)))));
    assertTrue(
        Http2.hasEnded(
            Http2.join(List.of(ours, Http2.headers(1, true, Map.of(":status", "400"))))));
    assertFalse(Http2.hasEnded(java.util.Arrays.copyOf(ours, ours.length - 3)), "half a frame");
  }

  @Test
  void aPeerCountsAnswersWhateverPiecesTheyComeIn() throws IOException, InterruptedException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var peer = Peer.open(server.getLocalPort())) {
      try (var accepted = server.accept()) {
        accepted.setTcpNoDelay(true);
        for (byte one : "HTTP/1.1 200 OK\r\n\r\nHHTTP/1.1 404 No\r\n\r\n".getBytes(UTF_8)) {
          accepted.getOutputStream().write(one);
        }
      }
      assertTrue(peer.awaitEnd(Duration.ofSeconds(10)));
      assertEquals(2, peer.answers());
      assertEquals(200, peer.status());
      assertEquals(39, peer.receivedBytes());
    }
  }

  private int run(String... options) {
    var all = new String[options.length + 1];
    all[0] = "attack";
    System.arraycopy(options, 0, all, 1, options.length);
    return Main.run(all, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
  }
}
