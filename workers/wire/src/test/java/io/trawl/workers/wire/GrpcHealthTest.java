package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.trawl.workers.protocol.HealthCheckRequest;
import io.trawl.workers.protocol.HealthCheckResponse;
import io.trawl.workers.protocol.HealthCheckResponse.ServingStatus;
import io.trawl.workers.wire.SmallServer.Stream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Balancers believe this service: it says what the source says, and says so when that changes. */
@NullMarked
final class GrpcHealthTest {
  private final Map<String, Boolean> serving = new ConcurrentHashMap<>(Map.of("", true));
  private final Vertx vertx = Vertx.vertx();
  private final Places places = new Places(2, 2);
  private final SmallServer server =
      SmallServer.start(
          vertx,
          grpc -> GrpcHealth.of(vertx, serving::get, Duration.ofMillis(1), places).mount(grpc));

  @AfterEach
  void close() {
    server.close();
  }

  private Stream<HealthCheckResponse> open(String method) {
    return server.open("grpc.health.v1.Health", method, HealthCheckResponse.getDefaultInstance());
  }

  private static HealthCheckRequest about(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  private Stream<HealthCheckResponse> check(String service) {
    return open("Check").finish(about(service));
  }

  private Stream<HealthCheckResponse> watch(String service) {
    return open("Watch").send(about(service));
  }

  private static void assertSays(ServingStatus status, Stream<HealthCheckResponse> stream) {
    assertEquals(status, stream.next().getStatus());
  }

  @Test
  void checkAnswersOnce() {
    Stream<HealthCheckResponse> serves = check("");
    assertSays(ServingStatus.SERVING, serves);
    assertEquals(GrpcStatus.OK, serves.end());
    serving.put("", false);
    assertSays(ServingStatus.NOT_SERVING, check(""));
    assertEquals(GrpcStatus.NOT_FOUND, check("nobody").end());
  }

  @Test
  void watchAnswersAtEachChange() {
    Stream<HealthCheckResponse> watch = watch("model");
    assertSays(ServingStatus.SERVICE_UNKNOWN, watch);
    serving.put("model", false);
    assertSays(ServingStatus.NOT_SERVING, watch);
    serving.put("model", true);
    assertSays(ServingStatus.SERVING, watch);
    watch.leave();
  }

  @Test
  void watchersAreBounded() {
    var first = watch("");
    assertSays(ServingStatus.SERVING, first);
    assertSays(ServingStatus.SERVING, watch(""));
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, watch("").end());
    // A second request ends a watch with an error, and so gives its place back.
    first.send(HealthCheckRequest.getDefaultInstance());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, first.end());
    assertSays(ServingStatus.SERVING, watch(""));
  }

  @Test
  void aWatcherOfAnotherAddressTakesThePlaceOfTheOldest() {
    var first = watch("");
    assertSays(ServingStatus.SERVING, first);
    var second = watch("");
    assertSays(ServingStatus.SERVING, second);
    assertNotNull(places.take("another", () -> {}));
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, first.end());
    serving.put("", false);
    assertSays(ServingStatus.NOT_SERVING, second);
  }

  @Test
  void whatCannotBeReadIsTyped() {
    assertEquals(
        GrpcStatus.INVALID_ARGUMENT, open("Check").send(Buffer.buffer("\u00ff\u00ff")).end());
    assertEquals(
        GrpcStatus.RESOURCE_EXHAUSTED,
        open("Check").send(Buffer.buffer(new byte[(64 << 10) + 1])).end());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, open("Check").finish().end());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, open("Watch").finish().end());
    assertSays(ServingStatus.SERVING, check(""));
  }

  @Test
  void takesWhatIsPackedByGzipOrDeflate() throws IOException {
    byte[] model = about("model").toByteArray();
    var deflated = new ByteArrayOutputStream();
    try (var packing = new DeflaterOutputStream(deflated)) {
      packing.write(model);
    }
    serving.put("model", false);
    assertSays(ServingStatus.NOT_SERVING, open("Check").send("deflate", deflated.toByteArray()));
    assertSays(ServingStatus.NOT_SERVING, open("Check").send("gzip", ContentCoding.gzip(model)));
    assertEquals(GrpcStatus.UNIMPLEMENTED, open("Check").send("snappy", model).end());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, open("Check").send("gzip", model).end());
    assertEquals(
        GrpcStatus.RESOURCE_EXHAUSTED,
        open("Check").send("gzip", ContentCoding.gzip(new byte[(64 << 10) + 1])).end());
  }

  /** The JDK goes one call deeper for each: so many of them once took the event loop's stack. */
  @Test
  void emptyGzipMembersAreTyped() {
    byte[] member = ContentCoding.gzip(new byte[0]);
    var members = ByteBuffer.allocate(SmallServer.MAX_MESSAGE_BYTES);
    while (members.remaining() >= member.length) {
      members.put(member);
    }
    byte[] packed = Arrays.copyOf(members.array(), members.position());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, open("Check").send("gzip", packed).end());
    assertSays(ServingStatus.SERVING, check(""));
  }
}
