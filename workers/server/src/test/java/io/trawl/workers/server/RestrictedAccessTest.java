package io.trawl.workers.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelRepositoryParameter;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.server.TestClient.Reply;
import io.trawl.workers.server.edge.Restriction;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that want a header, in the words that Triton has for who does not bring it. */
final class RestrictedAccessTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final TestHttp http = new TestHttp(fixture);

  private void start(String grpc, String api) {
    fixture.repository().model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start(
        options ->
            options
                .withLoadModels(List.of("add"))
                .withAccess(
                    new WorkerOptions.Access(
                        List.of(Restriction.parse("--grpc-restricted-protocol", grpc)),
                        List.of(Restriction.parse("--http-restricted-api", api)),
                        false)));
  }

  private Reply<RepositoryIndexResponse> index(Map<String, String> headers) {
    return fixture
        .client()
        .start(
            GRPCInferenceServiceGrpcClient.RepositoryIndex,
            RepositoryIndexRequest.getDefaultInstance(),
            call -> headers.forEach((name, value) -> call.headers().set(name, value)))
        .await();
  }

  @Test
  void aKindOfCallsOverGrpcWantsItsHeader() {
    start("model-repository,health:Admin=secret=1", "trace:x=y");
    for (Map<String, String> wrong :
        List.of(
            Map.<String, String>of(),
            Map.of("triton-grpc-protocol-admin", "secret"),
            Map.of("admin", "secret=1"))) {
      Reply<RepositoryIndexResponse> refused = index(wrong);
      assertEquals(GrpcStatus.UNAVAILABLE, refused.status());
      assertEquals(
          "This protocol is restricted, expecting header 'triton-grpc-protocol-Admin'",
          refused.text());
    }
    assertEquals(1, index(Map.of("triton-grpc-protocol-admin", "secret=1")).ok().getModelsCount());
    assertEquals(
        GrpcStatus.UNAVAILABLE,
        fixture
            .client()
            .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
            .status());
    Reply<Buffer> standard =
        fixture
            .client()
            .call(
                ServiceMethod.client(
                    ServiceName.create("grpc.health.v1", "Health"),
                    "Check",
                    GrpcMessageEncoder.IDENTITY,
                    GrpcMessageDecoder.IDENTITY),
                Buffer.buffer());
    assertEquals(GrpcStatus.UNAVAILABLE, standard.status());
    assertEquals(
        "This protocol is restricted, expecting header 'triton-grpc-protocol-Admin'",
        standard.text());
    assertEquals(200, http.get("/v2/health/live").status());
  }

  @ParameterizedTest
  @CsvSource({
    "health, /v2/health/live",
    "health, /v2/health/ready",
    "health, /v2/models/add/ready",
    "metadata, /v2",
    "metadata, /v2/models/add",
    "model-config, /v2/models/add/config",
    "statistics, /v2/models/stats",
    "statistics, /v2/models/add/versions/1/stats",
  })
  void aKindOfCallsOverHttpWantsItsHeader(String api, String path) {
    start("trace:x=y", api + ":admin-key=admin-value");
    TestHttp.Reply refused = http.get(path);
    assertEquals(403, refused.status());
    assertEquals(
        "This API is restricted, expecting header 'admin-key'", refused.json().getString("error"));
    assertEquals(200, get(path, "admin-value").status());
    assertEquals(403, get(path, "other").status());
  }

  private TestHttp.Reply get(String path, String key) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap().set("Admin-Key", key);
    return http.callWith(HttpMethod.GET, path, Buffer.buffer(), headers);
  }

  @ParameterizedTest
  @CsvSource({
    "inference, /v2/models/add/infer",
    "model-repository, /v2/repository/index",
    "model-repository, /v2/repository/models/add/load",
    "model-repository, /v2/repository/models/add/unload",
  })
  void soDoCallsThatChangeSomething(String api, String path) {
    start("trace:x=y", api + ":admin-key=admin-value");
    assertEquals(403, http.post(path, "{}").status());
  }

  @Test
  void loadsBringNothingOfTheirOwnUnlessAllowed() {
    start("trace:x=y", "trace:x=y");
    var refused =
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.RepositoryModelLoad,
                RepositoryModelLoadRequest.newBuilder()
                    .setModelName("add")
                    .putParameters(
                        "config",
                        ModelRepositoryParameter.newBuilder().setStringParam("{}").build())
                    .build());
    assertEquals(GrpcStatus.UNAVAILABLE, refused.status());
    assertEquals(
        "load parameter 'config' is not allowed, start with --allow-load-overrides",
        refused.text());
    assertEquals(
        GrpcStatus.OK,
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.RepositoryModelLoad,
                RepositoryModelLoadRequest.newBuilder().setModelName("add").build())
            .status());
  }

  @Test
  void whatIsWrittenWrongIsNamedWithoutItsValue() {
    assertEquals(
        "o names 'models', expected health, metadata, inference, shared-memory, model-config,"
            + " model-repository, statistics, trace, logging",
        refusal("health,models:k=secret"));
    String form =
        "o is not of the form PROTOCOL,...:KEY=VALUE, with a KEY of letters, digits, '.', '_' and"
            + " '-'";
    assertEquals(form, refusal("health:secret"));
    assertEquals(form, refusal("health:k="));
    assertEquals(form, refusal("k=secret"));
    Restriction health = Restriction.parse("o", "health:k=v");
    assertEquals(
        "'health' is restricted twice, expected one header for each",
        assertThrows(
                IllegalArgumentException.class,
                () -> new WorkerOptions.Access(List.of(health, health), List.of(), false))
            .getMessage());
  }

  private static String refusal(String text) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> Restriction.parse("o", text))
            .getMessage());
  }
}
