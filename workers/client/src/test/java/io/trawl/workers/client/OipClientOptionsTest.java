package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a client may be told, and what it refuses with which words. */
class OipClientOptionsTest {

  private static final Endpoint ENDPOINT = new Endpoint("worker", 8001);

  @Test
  void defaults() {
    assertEquals(
        new OipClientOptions(
            ENDPOINT, Duration.ofMillis(200), 67_108_864, 1, 256, 4_194_304, 33_554_432, 1_048_576),
        OipClientOptions.to(ENDPOINT));
  }

  @Test
  void everySettingCanBeChosen() {
    assertEquals(
        new OipClientOptions(
            ENDPOINT, Duration.ofMillis(50), 1_000, 2, 3, 4_194_304, 33_554_432, 1_048_576),
        OipClientOptions.to(ENDPOINT)
            .withConnectTimeout(Duration.ofMillis(50))
            .withMaxMessageBytes(1_000)
            .withConnections(2)
            .withMaxWaiting(3));
  }

  @Test
  void whatIsOutOfBoundsIsNamed() {
    OipClientOptions options = OipClientOptions.to(ENDPOINT);
    assertRefused(
        "connectTimeout: PT0S (expected 1 ms to 1 min)",
        () -> options.withConnectTimeout(Duration.ZERO));
    assertRefused(
        "maxMessageBytes: 0 (expected 1 to 2147483583)", () -> options.withMaxMessageBytes(0));
    assertRefused("connections: 65 (expected 1 to 64)", () -> options.withConnections(65));
    assertRefused("maxWaiting: 0 (expected 1 to 1000000)", () -> options.withMaxWaiting(0));
    assertRefused(
        "connectionWindowBytes: 65535 (expected at least streamWindowBytes, 65536)",
        () ->
            new OipClientOptions(
                ENDPOINT, Duration.ofSeconds(1), 1_000, 1, 1, 65_536, 65_535, 16_384));
  }

  @Test
  void endpointsAreReadAndWritten() {
    assertEquals(ENDPOINT, Endpoint.parse("worker:8001"));
    assertEquals(new Endpoint("::1", 80), Endpoint.parse("[::1]:80"));
    assertEquals("[::1]:80", new Endpoint("::1", 80).toString());
    assertEquals("worker:8001", ENDPOINT.toString());
    assertRefused("endpoint: 'worker' (expected host:port)", () -> Endpoint.parse("worker"));
    assertRefused(
        "endpoint: 'worker:x' (expected a number after the last colon)",
        () -> Endpoint.parse("worker:x"));
    assertRefused("port: 70000 (expected 1 to 65535)", () -> Endpoint.parse("worker:70000"));
    assertRefused(
        "endpoint: '::1:80' (expected host:port, an IPv6 address in brackets)",
        () -> Endpoint.parse("::1:80"));
  }

  @Test
  void callsRefuseWhatNoServerCanTake() {
    Tensor x = Tensor.int64("x", new long[] {1}, 1);
    assertRefused("model: '' (expected a model's name)", () -> InferCall.of("", "", x));
    assertRefused("inputs: none (expected at least one tensor)", () -> InferCall.of("m", ""));
    assertRefused("inputs: 'x' twice (expected distinct names)", () -> InferCall.of("m", "", x, x));
    assertRefused(
        "outputs: 'y' twice (expected distinct names)",
        () -> InferCall.of("m", "", x).withOutputs("y", "y"));
    assertRefused(
        "priority: -1 (expected 0 or more)", () -> InferCall.of("m", "", x).withPriority(-1));
    assertRefused(
        "queueTimeout: PT0.0000005S (expected 1 us or more)",
        () -> InferCall.of("m", "", x).withQueueTimeout(Duration.ofNanos(500)));
  }

  private static void assertRefused(
      String message, org.junit.jupiter.api.function.Executable making) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, making).getMessage());
  }
}
