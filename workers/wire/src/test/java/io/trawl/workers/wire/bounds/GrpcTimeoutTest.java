package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlines as they come in the head of a call. */
final class GrpcTimeoutTest {
  @ParameterizedTest
  @CsvSource({
    "1S, 1000000000",
    "250m, 250000000",
    "5u, 5000",
    "7n, 7",
    "0m, 0",
    "2M, 120000000000",
    "1H, 3600000000000",
    "99999999H, 9223372036854775807",
  })
  void isReadAsGrpcWritesIt(String header, long nanos) {
    assertEquals(nanos, GrpcTimeout.nanos(header).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "S", "-1S", "5x", "5", "123456789S", "1.5S", " 5S", "٣S"})
  void isRefusedInAnyOtherForm(String header) {
    assertTrue(GrpcTimeout.nanos(header).isEmpty());
  }
}
