package io.trawl.api;

import static io.trawl.workers.testkit.attack.ServerUnderFire.post;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.workers.testkit.attack.Damage;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.trawl.workers.testkit.contract.FuzzContract;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;

class GatewayFuzzTest extends FuzzContract<GatewayUnderFire> {

  GatewayFuzzTest() {
    super(new GatewayUnderFire());
  }

  @Override
  protected byte[] http1Bytes(Random random) {
    var path = aPath(random);
    var good = post(path, server.goodBody(path).getBytes(UTF_8));
    return switch (random.nextInt(6)) {
      case 0 -> Damage.noise(random, 4000);
      case 1 -> Damage.bytes(random, Http2Bytes.join(good, good, good));
      case 2 -> Damage.bytes(random, chunked(random, path));
      case 3 ->
          Damage.bytes(
              random,
              ("GET /v1/items/"
                      + "%41".repeat(random.nextInt(3000))
                      + " HTTP/1.1\r\n"
                      + ("x: " + "y".repeat(random.nextInt(500)) + "\r\n")
                          .repeat(random.nextInt(20))
                      + "\r\n")
                  .getBytes(UTF_8));
      default -> Damage.bytes(random, good);
    };
  }

  private byte[] chunked(Random random, String path) {
    var body = server.goodBody(path);
    return ("POST "
            + path
            + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + (random.nextBoolean() ? "expect: 100-continue\r\n" : "")
            + "transfer-encoding: chunked\r\n\r\n"
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n")
        .getBytes(UTF_8);
  }

  @Example
  void slowBodies() {
    try (var impatient = new GatewayUnderFire(Duration.ofMillis(50))) {
      for (var path : impatient.posts().keySet()) {
        var whole = post(path, impatient.goodBody(path).getBytes(UTF_8));
        assertEquals(408, impatient.answeredHttp1(Arrays.copyOf(whole, whole.length - 20)));
      }
      var message = Http2Bytes.message(impatient.goodMessage("Retrieve"));
      var call = impatient.session("Retrieve", message);
      var unfinished = Arrays.copyOf(call, call.length - 20);
      assertEquals("4", impatient.answeredGrpc(unfinished).field("grpc-status"));
      impatient.assertCalm();
    }
  }
}
