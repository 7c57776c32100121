package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.ApiLimits;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The defaults are those that the proto and the record's page name; a bad value is named. */
class ConfigTest {

  @Test
  void defaultsAreTheDocumentedOnes() {
    var limits = ApiLimits.defaults();
    assertEquals(1000, limits.maxK());
    assertEquals(10, limits.defaultK());
    assertEquals(8, limits.maxObjectives());
    assertEquals(2000, limits.maxHistory());
    assertEquals(10_000, limits.maxExcludedItems());
    assertEquals(256, limits.maxIdChars());
    assertEquals(1024, limits.maxTextChars());
    assertEquals(64, limits.maxProfileEntries());
    assertEquals(256, limits.maxFilterConditions());
    assertEquals(8, limits.maxFilterDepth());
    assertEquals(1000, limits.maxFilterValues());
    assertEquals(16, limits.maxRounds());
    assertEquals(1_000_000, limits.maxSample());
    assertEquals(100_000, limits.maxKeep());
    assertEquals(1024, limits.maxNeighbours());
    assertEquals(1 << 20, limits.maxBodyBytes());
    assertEquals(16, limits.maxViolations());
    assertEquals(Duration.ofSeconds(1), limits.defaultDeadline());
    assertEquals(Duration.ofSeconds(10), limits.maxDeadline());
    assertEquals(Duration.ofMillis(100), limits.deadlineGrace());
    assertEquals(
        new ApiOptions(
            "127.0.0.1",
            8080,
            9090,
            1,
            4096,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            List.of()),
        new ApiOptions("127.0.0.1", 8080, 9090));
  }

  @ParameterizedTest
  @CsvSource({
    "maxK, 0, maxK is 0; expected 1 to 2147483647",
    "defaultK, 1001, defaultK is 1001; expected 1 to 1000",
    "maxObjectives, 0, maxObjectives is 0; expected 1 to 1024",
    "maxHistory, -1, maxHistory is -1; expected 0 to 2147483647",
    "maxFilterDepth, 17, maxFilterDepth is 17; expected 1 to 16",
    "maxBodyBytes, 10, maxBodyBytes is 10; expected 1024 to 1073741824",
    "maxViolations, 65, maxViolations is 65; expected 1 to 64",
    "defaultDeadline, 10001, defaultDeadline in ms is 10001; expected 1 to 10000",
    "maxDeadline, 0, maxDeadline in ms is 0; expected 1 to 3600000",
    "deadlineGrace, 0, deadlineGrace in ms is 0; expected 1 to 60000",
  })
  void aLimitOutOfBoundsIsNamed(String component, int value, String message) {
    var thrown =
        assertThrows(
            IllegalArgumentException.class, () -> with(ApiLimits.defaults(), component, value));
    assertEquals(message, thrown.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "httpPort, 65536, httpPort is 65536; expected 0 to 65535",
    "grpcPort, 8080, httpPort and grpcPort are both 8080; expected two ports",
    "eventLoops, 0, eventLoops is 0; expected 1 to 64",
    "maxInFlight, 0, maxInFlight is 0; expected 1 to 2147483647",
    "bodyTimeout, 0, bodyTimeout in ms is 0; expected 1 to 3600000",
    "idleTimeout, 0, idleTimeout in ms is 0; expected 1 to 3600000",
    "drainTimeout, -1, drainTimeout in ms is -1; expected 0 to 3600000",
  })
  void anOptionOutOfBoundsIsNamed(String component, int value, String message) {
    var options = new ApiOptions("127.0.0.1", 8080, 9090);
    var thrown =
        assertThrows(IllegalArgumentException.class, () -> with(options, component, value));
    assertEquals(message, thrown.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop.example", "https://shop.example/", "https://Shop.example", ""})
  void whatNoBrowserSendsAsAnOriginIsNamed(String origin) {
    var options = new ApiOptions("127.0.0.1", 8080, 9090);
    var thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> options.withCorsOrigins(List.of("https://shop.example", origin)));
    assertEquals(
        "corsOrigins holds \""
            + origin
            + "\"; expected origins such as https://shop.example or http://localhost:3000, or *",
        thrown.getMessage());
  }

  /** The record with one component changed; durations are given in milliseconds. */
  private static void with(Record record, String name, int value) throws Throwable {
    var components = record.getClass().getRecordComponents();
    var values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      boolean changed = components[i].getName().equals(name);
      values[i] =
          !changed
              ? components[i].getAccessor().invoke(record)
              : components[i].getType() == Duration.class
                  ? Duration.ofMillis(value)
                  : (Object) value;
    }
    var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      record.getClass().getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException thrown) {
      throw thrown.getTargetException();
    }
  }
}
