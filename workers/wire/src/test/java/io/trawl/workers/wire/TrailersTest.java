package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.Test;

/** What a server says at the end of an answer. */
class TrailersTest {

  @Test
  void messagesAreDecodedAndWhatIsNoEncodingStays() {
    assertEquals("", Trailers.decoded(null));
    assertEquals("a+b", Trailers.decoded("a+b"));
    assertEquals("100% ü", Trailers.decoded("100%25 %C3%BC"));
    assertEquals("50% of %zz %4", Trailers.decoded("50% of %zz %4"));
  }

  @Test
  void numbersThatAreNone() {
    assertEquals(GrpcStatus.OK, Trailers.status("0"));
    assertNull(Trailers.status("x"));
    assertNull(Trailers.status("99"));
  }
}
