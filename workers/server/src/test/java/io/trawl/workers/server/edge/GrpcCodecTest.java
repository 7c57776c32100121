package io.trawl.workers.server.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Headers of gRPC as they come. */
final class GrpcCodecTest {
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
    "123456789S, 9223372036854775807",
    "S, 9223372036854775807",
    "-1S, 9223372036854775807",
    "5x, 9223372036854775807",
  })
  void readsTimeoutsAsGrpcWritesThem(String header, long nanos) {
    assertEquals(nanos, GrpcCodec.timeoutNanos(header));
  }
}
