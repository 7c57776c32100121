package io.trawl.app.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A wrong configuration must stop the start with a sentence that a person can act on, and a right
 * one must mean what it says.
 */
class ConfigDecoderTest {

  record Inner(int threads, Duration maxWait, ByteSize maxBody) {
    Inner {
      if (threads < 1) {
        throw new IllegalArgumentException("threads is " + threads + "; expected at least 1");
      }
      if (maxBody.bytes() < 16) {
        throw new IllegalArgumentException("maxBody is " + maxBody + "; expected 16B or more");
      }
    }
  }

  record Outer(String name, boolean quiet, Path space, List<String> hosts, Inner pool) {}

  private static final Outer DEFAULTS =
      new Outer(
          "trawl",
          false,
          Path.of("space"),
          List.of("a"),
          new Inner(2, Duration.ofMillis(5), new ByteSize(1024)));

  private static Outer decode(Map<String, ?> file, Map<String, String> environment) {
    return ConfigDecoder.decode(DEFAULTS, file, environment);
  }

  private static String refusal(Map<String, ?> file, Map<String, String> environment) {
    return String.valueOf(
        assertThrows(ConfigRefused.class, () -> decode(file, environment)).getMessage());
  }

  @Test
  void nothingGivenMeansTheDefaults() {
    assertEquals(DEFAULTS, decode(Map.of(), Map.of("PATH", "/bin")));
  }

  @Test
  void everyKeyCanBeGivenInTheFile() {
    var file =
        Map.of(
            "name",
            "x",
            "quiet",
            true,
            "space",
            "/s",
            "hosts",
            List.of("b", "c"),
            "pool",
            Map.of("threads", 7, "max-wait", "250us", "max-body", "2MiB"));
    assertEquals(
        new Outer(
            "x",
            true,
            Path.of("/s"),
            List.of("b", "c"),
            new Inner(7, Duration.ofNanos(250_000), new ByteSize(2 << 20))),
        decode(file, Map.of()));
  }

  @Test
  void theEnvironmentWinsOverTheFile() {
    var decoded =
        decode(
            Map.of("pool", Map.of("threads", 7)),
            Map.of("TRAWL_POOL_THREADS", "9", "TRAWL_HOSTS", "p, q"));
    assertEquals(9, decoded.pool().threads());
    assertEquals(List.of("p", "q"), decoded.hosts());
  }

  @Test
  void anUnknownKeyNamesTheNearestOne() {
    assertEquals(
        "unknown key 'pool.max-wiat'; the nearest known one is 'pool.max-wait'",
        refusal(Map.of("pool", Map.of("max-wiat", "1s")), Map.of()));
  }

  @Test
  void anUnknownVariableNamesTheNearestOne() {
    assertEquals(
        "unknown environment variable 'TRAWL_POOL_THREAD'; the nearest known one is"
            + " 'TRAWL_POOL_THREADS'",
        refusal(Map.of(), Map.of("TRAWL_POOL_THREAD", "1")));
  }

  @Test
  void aRefusedValueNamesItsKeyValueAndExpectation() {
    assertEquals(
        "pool.threads is 0; expected at least 1",
        refusal(Map.of("pool", Map.of("threads", 0)), Map.of()));
    assertEquals(
        "pool.max-body is 8B; expected 16B or more",
        refusal(Map.of("pool", Map.of("max-body", "8B")), Map.of()));
    assertEquals(
        "pool.threads is 'many'; expected a whole number in range of its type",
        refusal(Map.of("pool", Map.of("threads", "many")), Map.of()));
    assertEquals(
        "pool.max-wait: '5' is no duration; expected a form such as 250us, 50ms, 10s, 5m or 1h",
        refusal(Map.of("pool", Map.of("max-wait", 5)), Map.of()));
    assertEquals(
        "quiet is 'yes'; expected true or false", refusal(Map.of("quiet", "yes"), Map.of()));
    assertEquals("pool is '3'; expected a group of keys", refusal(Map.of("pool", 3), Map.of()));
    assertEquals(
        "name is '[a]'; expected one value", refusal(Map.of("name", List.of("a")), Map.of()));
  }

  record Server(String endpoint, Inner pool) {}

  record Around(@Inline Server server, int hits) {}

  record Whole(Part part, int hits) {
    record Part(int depth) {}
  }

  @Test
  void theKeysOfAPartThatARecordDeclaresStandBesideTheOthers() {
    assertEquals(
        new Whole(new Whole.Part(7), 8),
        ConfigDecoder.decode(
            new Whole(new Whole.Part(1), 2), Map.of("depth", 7), Map.of("TRAWL_HITS", "8")));
  }

  @Test
  void theKeysOfAnInlinedRecordStandBesideTheOthers() {
    var around = new Around(new Server("a:1", DEFAULTS.pool()), 3);
    var file = Map.of("endpoint", "b:2", "hits", 4, "pool", Map.of("threads", 7));
    assertEquals(
        new Around(new Server("c:3", new Inner(7, Duration.ofMillis(5), new ByteSize(1024))), 4),
        ConfigDecoder.decode(around, file, Map.of("TRAWL_ENDPOINT", "c:3")));
    var refused =
        assertThrows(
            ConfigRefused.class,
            () -> ConfigDecoder.decode(around, Map.of("end-point", "b:2"), Map.of()));
    assertEquals(
        "unknown key 'end-point'; the nearest known one is 'endpoint'", refused.getMessage());
  }
}
