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
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The defaults are those that the proto and the record's page name; a bad value is named. */
class ConfigTest {

  @Test
  void defaultsAreTheDocumentedOnes() {
    var limits = ApiLimits.defaults();
    assertEquals(1000, limits.counts().maxK());
    assertEquals(10, limits.counts().defaultK());
    assertEquals(8, limits.counts().maxObjectives());
    assertEquals(2000, limits.counts().maxHistory());
    assertEquals(10_000, limits.counts().maxExcludedItems());
    assertEquals(256, limits.texts().maxIdChars());
    assertEquals(1024, limits.texts().maxTextChars());
    assertEquals(64, limits.texts().maxProfileEntries());
    assertEquals(256, limits.filters().maxFilterConditions());
    assertEquals(8, limits.filters().maxFilterDepth());
    assertEquals(1000, limits.filters().maxFilterValues());
    assertEquals(16, limits.exploration().maxRounds());
    assertEquals(1_000_000, limits.exploration().maxSample());
    assertEquals(100_000, limits.exploration().maxKeep());
    assertEquals(1024, limits.exploration().maxNeighbours());
    assertEquals(1 << 20, limits.messages().maxBodyBytes());
    assertEquals(16, limits.messages().maxViolations());
    assertEquals(Duration.ofSeconds(1), limits.deadlines().defaultDeadline());
    assertEquals(Duration.ofSeconds(10), limits.deadlines().maxDeadline());
    assertEquals(Duration.ofMillis(2), limits.deadlines().deadlineGrace());
    assertEquals(
        new ApiOptions(
            "127.0.0.1",
            8080,
            9090,
            Runtime.getRuntime().availableProcessors(),
            4096,
            new ApiOptions.Timeouts(
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10)),
            new ApiOptions.Bounds(0, 0, 8192, 4096, 1000, 4096, ApiOptions.Work.defaults()),
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
    "lameDuckTimeout, -1, lameDuckTimeout in ms is -1; expected 0 to 3600000",
    "headTimeout, 0, headTimeout in ms is 0; expected 1 to 3600000",
    "answerTimeout, 0, answerTimeout in ms is 0; expected 1 to 3600000",
    "maxConnections, 0, maxConnections is 0; expected 1 to 1048576",
    "maxAbandonedOfAddress, 0, maxAbandonedOfAddress is 0; expected 1 to 1048576",
    "maxStreamsOfAddress, 0, maxStreamsOfAddress is 0; expected 1 to 1048576",
    "maxConnectionsOfAddress, 0, maxConnectionsOfAddress is 0; expected 1 to 1048576",
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

  /** The record itself, or the one in it, that has this component. */
  private static Optional<Record> holder(Record record, String name) {
    return Arrays.stream(record.getClass().getRecordComponents())
        .flatMap(
            component ->
                component.getName().equals(name)
                    ? Stream.of(record)
                    : component.getType().isRecord()
                        ? holder((Record) get(component, record), name).stream()
                        : Stream.of())
        .findFirst();
  }

  private static Object get(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException broken) {
      throw new AssertionError(broken);
    }
  }

  /** The record with one component changed; durations are given in milliseconds. */
  private static void with(Record whole, String name, int value) throws Throwable {
    var record = holder(whole, name).orElseThrow();
    var components = record.getClass().getRecordComponents();
    var values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      boolean changed = components[i].getName().equals(name);
      values[i] =
          !changed
              ? get(components[i], record)
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
