package io.trawl.workers.server.edge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is answered while there is no memory for more: a probe, and nobody else. */
class BoundedRequestsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v2/health/live",
        "/v2/health/ready",
        "/grpc.health.v1.Health/Check",
        "/inference.GRPCInferenceService/ServerLive",
        "/inference.GRPCInferenceService/ServerReady"
      })
  void probesAreAnswered(String path) {
    assertTrue(BoundedRequests.asksForHealth(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/v2",
        "/v2/models/m/infer",
        "/inference.GRPCInferenceService/ModelInfer",
        "/inference.GRPCInferenceService/ModelReady",
        "/v2/models/ServerReadyX/infer"
      })
  void othersAreRefused(String path) {
    assertFalse(BoundedRequests.asksForHealth(path));
  }
}
