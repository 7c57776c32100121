package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.serve.space.Readiness;
import io.trawl.workers.protocol.HealthCheckRequest;
import io.trawl.workers.protocol.HealthCheckResponse;
import io.trawl.workers.protocol.HealthCheckResponse.ServingStatus;
import io.trawl.workers.protocol.ServerReflectionRequest;
import io.trawl.workers.protocol.ServerReflectionResponse;
import io.trawl.workers.protocol.ServiceResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers and balancers find on the gRPC port beside the API itself. */
class GrpcServicesTest {

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  private ServingStatus health(String service) throws IOException {
    var request = HealthCheckRequest.newBuilder().setService(service).build();
    var answer = gateway.call("/grpc.health.v1.Health/Check", request);
    return answer.code().equals("5")
        ? ServingStatus.SERVICE_UNKNOWN
        : HealthCheckResponse.parseFrom(answer.body()).getStatus();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "trawl.v1.Retrieval"})
  void healthIsTheGatewaysReadiness(String service) throws IOException {
    assertEquals(ServingStatus.SERVING, health(service));
    gateway.readiness = new Readiness.NotReady("the worker is away");
    assertEquals(ServingStatus.NOT_SERVING, health(service));
    gateway.readiness = new Readiness.Ready();
    assertEquals(ServingStatus.SERVING, health(service));
  }

  @Test
  void anotherServiceIsUnknown() throws IOException {
    assertEquals(ServingStatus.SERVICE_UNKNOWN, health("trawl.v1.Nothing"));
  }

  private List<ServerReflectionResponse> reflect(
      String version, ServerReflectionRequest.Builder... requests) {
    byte[] frames = new byte[0];
    for (var request : requests) {
      var frame = Gateway.frame(0, request.build().toByteArray());
      var longer = Arrays.copyOf(frames, frames.length + frame.length);
      System.arraycopy(frame, 0, longer, frames.length, frame.length);
      frames = longer;
    }
    var answer =
        gateway.call(
            "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
            frames,
            Map.of());
    assertEquals("0", answer.code(), answer.message());
    List<ServerReflectionResponse> responses = new ArrayList<>();
    for (var message : answer.messages()) {
      try {
        responses.add(ServerReflectionResponse.parseFrom(message));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return responses;
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void reflectionGivesTheApiWithAllItsImports(String version) throws IOException {
    var responses =
        reflect(
            version,
            ServerReflectionRequest.newBuilder().setListServices("*"),
            ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("trawl.v1.Retrieval.RetrieveStream"),
            ServerReflectionRequest.newBuilder().setFileContainingSymbol("google.rpc.BadRequest"));
    assertTrue(
        responses.getFirst().getListServicesResponse().getServiceList().stream()
            .map(ServiceResponse::getName)
            .toList()
            .containsAll(List.of("grpc.health.v1.Health", "trawl.v1.Retrieval")),
        () -> String.valueOf(responses));
    List<FileDescriptorProto> files = new ArrayList<>();
    for (var bytes : responses.get(1).getFileDescriptorResponse().getFileDescriptorProtoList()) {
      files.add(FileDescriptorProto.parseFrom(bytes));
    }
    assertTrue(files.contains(RetrievalProto.getDescriptor().toProto()));
    var names = files.stream().map(FileDescriptorProto::getName).toList();
    // Without it no tool can read what an error says beside its text.
    assertTrue(responses.getLast().hasFileDescriptorResponse());
    for (var file : files) {
      assertTrue(names.containsAll(file.getDependencyList()), () -> "imports of " + file.getName());
    }
  }
}
