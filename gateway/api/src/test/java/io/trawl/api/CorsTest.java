package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A browser must let in the pages that the operator named, and no page of anybody else. */
class CorsTest {

  private static final String SHOP = "https://shop.example";
  private static final byte[] GOOD =
      "{\"objectives\":[{\"name\":\"next-item\"}]}".getBytes(StandardCharsets.UTF_8);

  private static Gateway gateway(String... origins) {
    return new Gateway(
        TestLimits.small(),
        Gateway.options(1, 64, Duration.ofSeconds(30)).withCorsOrigins(List.of(origins)));
  }

  private static Gateway.Answer post(Gateway gateway, String origin) {
    return gateway.post(GOOD, Map.of("content-type", "application/json", "origin", origin));
  }

  private static Gateway.Answer preflight(Gateway gateway, String path, String origin) {
    return gateway.send(
        "OPTIONS",
        path,
        new byte[0],
        Map.of(
            "origin",
            origin,
            "access-control-request-method",
            "POST",
            "access-control-request-headers",
            "content-type"));
  }

  /** What an answer says to browsers: every header of CORS, and vary. */
  private static Map<String, String> said(Gateway.Answer answer) {
    Map<String, String> said = new HashMap<>();
    answer
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (name.startsWith("access-control") || name.equals("vary")) {
                said.put(name, String.join(", ", values));
              }
            });
    return said;
  }

  @Test
  void nothingIsSaidUnlessAnOriginIsConfigured() {
    try (var gateway = gateway()) {
      assertEquals(Map.of(), said(post(gateway, SHOP)));
      var preflight = preflight(gateway, "/v1/retrieve", SHOP);
      assertEquals(405, preflight.status());
      assertEquals(Map.of(), said(preflight));
    }
  }

  @Test
  void anAllowedOriginReadsAnswersAndTheirIds() {
    try (var gateway = gateway("https://other.example", SHOP)) {
      var answer = post(gateway, SHOP);
      assertEquals(200, answer.status());
      var expected =
          Map.of(
              "access-control-allow-origin", SHOP,
              "access-control-expose-headers", "x-request-id, retry-after",
              "vary", "origin");
      assertEquals(expected, said(answer));
      // What is refused is to be read too.
      assertEquals(
          expected, said(gateway.send("GET", "/nowhere", new byte[0], Map.of("origin", SHOP))));
    }
  }

  @Test
  void anotherOriginHearsNothingButCachesKnowWhy() {
    try (var gateway = gateway(SHOP)) {
      for (var origin : List.of("https://shop.example.evil", "http://shop.example", "null")) {
        assertEquals(Map.of("vary", "origin"), said(post(gateway, origin)), origin);
        var preflight = preflight(gateway, "/v1/retrieve", origin);
        assertEquals(405, preflight.status());
        assertEquals(Map.of("vary", "origin"), said(preflight), origin);
      }
    }
  }

  @Test
  void aPreflightIsToldThePathsMethod() {
    try (var gateway = gateway(SHOP)) {
      var posted = preflight(gateway, "/v1/retrieve:batch", SHOP);
      assertEquals(204, posted.status());
      assertTrue(posted.header("x-request-id").startsWith("made-"));
      assertEquals(
          Map.of(
              "access-control-allow-origin", SHOP,
              "access-control-expose-headers", "x-request-id, retry-after",
              "access-control-allow-methods", "POST",
              "access-control-allow-headers", "content-type, content-encoding, x-request-id",
              "access-control-max-age", "7200",
              "vary", "origin"),
          said(posted));
      var got = preflight(gateway, "/v1/items/B01", SHOP);
      assertEquals("GET", got.header("access-control-allow-methods"));
      assertEquals(404, preflight(gateway, "/nowhere", SHOP).status());
      // No browser's question: no origin, or no method.
      assertEquals(405, gateway.send("OPTIONS", "/v1/retrieve", new byte[0], Map.of()).status());
      assertEquals(
          405,
          gateway.send("OPTIONS", "/v1/retrieve", new byte[0], Map.of("origin", SHOP)).status());
    }
  }

  @Test
  void aStarLetsEveryOriginIn() {
    try (var gateway = gateway("*")) {
      assertEquals(
          Map.of(
              "access-control-allow-origin", "*",
              "access-control-expose-headers", "x-request-id, retry-after"),
          said(post(gateway, "https://anybody.example")));
      assertEquals(204, preflight(gateway, "/v1/search", "https://anybody.example").status());
    }
  }
}
