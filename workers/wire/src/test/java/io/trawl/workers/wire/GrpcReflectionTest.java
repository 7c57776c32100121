package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.workers.protocol.ErrorResponse;
import io.trawl.workers.protocol.ExtensionRequest;
import io.trawl.workers.protocol.HealthProto;
import io.trawl.workers.protocol.Inference;
import io.trawl.workers.protocol.ServerReflectionRequest;
import io.trawl.workers.protocol.ServerReflectionResponse;
import io.trawl.workers.protocol.ServiceResponse;
import io.trawl.workers.wire.SmallServer.Stream;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tools without proto files must be able to rebuild every message of every service from this. */
@NullMarked
final class GrpcReflectionTest {
  private final SmallServer server =
      SmallServer.start(
          Vertx.vertx(),
          GrpcReflection.of(
                  List.of(
                      Inference.getDescriptor().findServiceByName("GRPCInferenceService"),
                      HealthProto.getDescriptor().findServiceByName("Health")))
              ::mount);

  @AfterEach
  void close() {
    server.close();
  }

  private Stream<ServerReflectionResponse> open(String version) {
    return server.open(
        version + ".ServerReflection",
        "ServerReflectionInfo",
        ServerReflectionResponse.getDefaultInstance());
  }

  private static ServerReflectionRequest.Builder ask() {
    return ServerReflectionRequest.newBuilder().setHost("here");
  }

  private static List<String> files(ServerReflectionResponse response) {
    List<String> names = new ArrayList<>();
    for (ByteString file : response.getFileDescriptorResponse().getFileDescriptorProtoList()) {
      try {
        names.add(FileDescriptorProto.parseFrom(file).getName());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc.reflection.v1", "grpc.reflection.v1alpha"})
  void oneStreamAnswersManyQuestions(String version) {
    Stream<ServerReflectionResponse> stream = open(version);
    ServerReflectionResponse list = stream.send(ask().setListServices("*").build()).next();
    assertEquals(
        List.of(
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            "inference.GRPCInferenceService"),
        list.getListServicesResponse().getServiceList().stream()
            .map(ServiceResponse::getName)
            .toList());
    assertEquals("here", list.getValidHost());
    assertEquals("*", list.getOriginalRequest().getListServices());

    List<String> withImports = List.of("inference.proto", "model_config.proto");
    for (String symbol :
        List.of(
            "inference.GRPCInferenceService",
            "inference.GRPCInferenceService.ModelInfer",
            "inference.ModelInferRequest.InferInputTensor",
            "inference.ModelInferRequest.id")) {
      stream.send(ask().setFileContainingSymbol(symbol).build());
      assertEquals(withImports, files(stream.next()), symbol);
    }
    stream.send(ask().setFileContainingSymbol("inference.TYPE_FP32").build());
    assertEquals(List.of("model_config.proto"), files(stream.next()));
    stream.send(ask().setFileByFilename("grpc/reflection/v1alpha/reflection.proto").build());
    assertEquals(List.of("grpc/reflection/v1alpha/reflection.proto"), files(stream.next()));
    assertEquals(GrpcStatus.OK, stream.finish().end());
  }

  @Test
  void whatIsNotKnownIsTypedAndTheStreamGoesOn() {
    Stream<ServerReflectionResponse> stream = open("grpc.reflection.v1");
    for (ServerReflectionRequest unknown :
        List.of(
            ask().setFileByFilename("nope.proto").build(),
            ask().setFileContainingSymbol("no.Such").build(),
            ask().setAllExtensionNumbersOfType("inference.ModelConfig").build(),
            ask()
                .setFileContainingExtension(
                    ExtensionRequest.newBuilder().setContainingType("a.B").setExtensionNumber(7))
                .build())) {
      ErrorResponse error = stream.send(unknown).next().getErrorResponse();
      assertEquals(GrpcStatus.NOT_FOUND.code, error.getErrorCode(), error.getErrorMessage());
    }
    assertEquals(
        GrpcStatus.INVALID_ARGUMENT.code,
        stream.send(ask().build()).next().getErrorResponse().getErrorCode());
    assertEquals(
        4,
        stream
            .send(ask().setListServices("").build())
            .next()
            .getListServicesResponse()
            .getServiceCount());
  }
}
