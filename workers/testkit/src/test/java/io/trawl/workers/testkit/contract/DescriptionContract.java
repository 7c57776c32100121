package io.trawl.workers.testkit.contract;

import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.SystemSharedMemoryStatus;
import static io.trawl.workers.testkit.contract.OipContract.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.SystemSharedMemoryStatusRequest;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a server says of itself and of its models. */
interface DescriptionContract extends OipContract {

  @Test
  default void theServerIsLiveAndReady() {
    assertTrue(grpc().live().ok().getLive());
    assertTrue(grpc().ready().ok().getReady());
  }

  @Test
  default void onlyModelsThatAreThereAreReady() {
    assertTrue(modelReady("add"));
    assertTrue(grpc().ready("add", "1").ok().getReady());
    assertFalse(grpc().ready("add", "7").ok().getReady());
    assertFalse(modelReady("nope"));
  }

  @Test
  default void theServerNamesItselfAndWhatItCan() {
    ServerMetadataResponse server = grpc().metadata().ok();
    assertFalse(server.getName().isEmpty());
    assertFalse(server.getVersion().isEmpty());
    assertTrue(server.getExtensionsList().contains("model_configuration"), server::toString);
    advertises("statistics", Feature.STATISTICS);
    advertises("classification", Feature.CLASSIFICATION);
    advertises("model_repository", Feature.REPOSITORY);
    assertEquals(
        subject().httpPort().isPresent(),
        server.getExtensionsList().contains("binary_tensor_data"),
        server::toString);
  }

  /** An extension is named where it is served, and only there. */
  private void advertises(String extension, Feature feature) {
    assertEquals(
        subject().features().contains(feature),
        grpc().metadata().ok().getExtensionsList().contains(extension),
        extension);
  }

  @Test
  default void sharedMemoryThatIsNotAdvertisedIsUnimplemented() {
    assumeFalse(
        grpc().metadata().ok().getExtensionsList().contains("system_shared_memory"),
        "the server has shared memory");
    assertEquals(
        GrpcStatus.UNIMPLEMENTED,
        grpc()
            .call(SystemSharedMemoryStatus, SystemSharedMemoryStatusRequest.getDefaultInstance())
            .status());
  }

  @Test
  default void aModelIsDescribedWithItsBatchDimension() {
    for (String version : List.of("", "1")) {
      ModelMetadataResponse model = grpc().metadata("add", version).ok();
      assertEquals("add", model.getName());
      assertEquals(List.of("1"), model.getVersionsList());
      assertFalse(model.getPlatform().isEmpty());
      assertEquals(
          List.of("A", "B"),
          model.getInputsList().stream()
              .map(ModelMetadataResponse.TensorMetadata::getName)
              .toList());
      assertEquals(
          List.of("SUM", "DIFFERENCE"),
          model.getOutputsList().stream()
              .map(ModelMetadataResponse.TensorMetadata::getName)
              .toList());
      assertEquals("FP32", model.getInputs(0).getDatatype());
      assertEquals(List.of(-1L, 4L), model.getInputs(0).getShapeList());
      assertEquals(List.of(-1L, 4L), model.getOutputs(1).getShapeList());
    }
  }

  @Test
  default void aModelsConfigurationIsWhatItRunsWith() {
    var config = grpc().config("add").ok().getConfig();
    assertEquals("add", config.getName());
    assertEquals(4, config.getMaxBatchSize());
    assertEquals("A", config.getInput(0).getName());
    assertEquals(DataType.TYPE_FP32, config.getInput(0).getDataType());
    assertEquals(List.of(4L), config.getInput(0).getDimsList());
    assertEquals("SUM", config.getOutput(0).getName());
  }

  @Test
  default void modelsAndVersionsThatAreNotThereAreNotFound() {
    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        grpc().metadata("nope", ""));
    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'add' version 7 is not found",
        grpc().metadata("add", "7"));
    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        grpc().config("nope"));
  }
}
