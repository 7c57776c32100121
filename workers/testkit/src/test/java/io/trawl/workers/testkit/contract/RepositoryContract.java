package io.trawl.workers.testkit.contract;

import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.RepositoryModelLoad;
import static io.trawl.workers.testkit.contract.OipContract.assertRefused;
import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.eventually;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelRepositoryParameter;
import io.trawl.workers.protocol.RepositoryIndexResponse.ModelIndex;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelLoadResponse;
import io.trawl.workers.protocol.RepositoryModelUnloadResponse;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models come and go while others are served. */
interface RepositoryContract extends OipContract {

  @Test
  default void theIndexListsEveryModelWithItsState() {
    needs(Feature.REPOSITORY);
    ModelIndex add =
        index(false).stream().filter(entry -> entry.getName().equals("add")).findFirst().get();
    assertEquals("1", add.getVersion());
    assertEquals("READY", add.getState());
    assertEquals("", add.getReason());
  }

  @Test
  default void anUnloadedModelIsGoneUntilItIsLoadedAgain() {
    needs(Feature.REPOSITORY);
    grpc().startUnload("spare").await().ok();
    eventually("'spare' is unavailable", () -> state("spare").equals("UNAVAILABLE"));
    assertFalse(modelReady("spare"));
    assertFalse(index(true).stream().anyMatch(entry -> entry.getName().equals("spare")));
    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'spare' has no available versions",
        grpc().infer(rows("spare", 1).build()));
    assertRows(grpc().infer(rows("identity_fp32", 1).build()).ok(), 1);

    load("spare");
    assertEquals("READY", state("spare"));
    assertRows(grpc().infer(rows("spare", 2).build()).ok(), 2);
  }

  @Test
  default void aModelCanBeLoadedWithAConfigurationOfTheCallers() {
    needs(Feature.REPOSITORY);
    ModelConfig own = config().toBuilder().setMaxBatchSize(2).build();
    load("spare", own).ok();
    eventually("'spare' has the caller's configuration", () -> config().equals(own));
    assertRefused(
        GrpcStatus.INVALID_ARGUMENT,
        "inference request batch-size must be <= 2 for 'spare'",
        grpc().infer(rows("spare", 1, 2, 3).build()));
    assertRows(grpc().infer(rows("spare", 1, 2).build()).ok(), 1, 2);

    // A load of what is loaded and unchanged need not do anything.
    grpc().startUnload("spare").await().ok();
    eventually("'spare' is unavailable", () -> state("spare").equals("UNAVAILABLE"));
    load("spare");
    eventually("'spare' has its own configuration again", () -> config().getMaxBatchSize() == 8);
  }

  /** What cannot be loaded leaves what is served as it was. */
  @Test
  default void aConfigurationThatCannotServeIsRefusedAndTheModelStays() {
    needs(Feature.REPOSITORY);
    ModelConfig own = config();
    var broken = own.toBuilder().setBackend("nope");
    assertEquals(GrpcStatus.INVALID_ARGUMENT, load("spare", broken.build()).status());
    assertRows(grpc().infer(rows("spare", 5).build()).ok(), 5);
    assertEquals(own, config());
  }

  /** And leaves no trace: the server stays ready, and the model unknown. */
  @Test
  default void aModelThatIsNotThereCannotBeLoaded() {
    needs(Feature.REPOSITORY);
    var reply = grpc().startLoad("nope").await();
    assertNotEquals(GrpcStatus.OK, reply.status());
    assertTrue(reply.message().contains("nope"), reply.message());
    assertTrue(grpc().ready().ok().getReady());
    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        grpc().infer(rows("nope", 1).build()));
  }

  @Test
  default void unloadingWhatIsNotThereIsNoError() {
    needs(Feature.REPOSITORY);
    grpc().startUnload("nope").await().ok();
  }

  @Test
  default void unloadingDeliversWhatWasAccepted() {
    needs(Feature.REPOSITORY);
    Runs runs = gated();
    List<Pending<ModelInferResponse>> accepted = occupyAndQueue(runs, 2);
    Pending<RepositoryModelUnloadResponse> unload = grpc().startUnload("gated");
    eventually("'gated' is not ready", () -> !state("gated").equals("READY"));
    assertRefused(
        GrpcStatus.NOT_FOUND, "has no available versions", grpc().infer(rows("gated", 9).build()));

    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertDelivered(accepted);
    unload.await().ok();
    eventually("'gated' is unavailable", () -> state("gated").equals("UNAVAILABLE"));
    load("gated");
    assertServes(runs);
  }

  @Test
  default void loadingAgainDeliversWhatWasAccepted() {
    needs(Feature.REPOSITORY);
    Runs runs = gated();
    List<Pending<ModelInferResponse>> accepted = occupyAndQueue(runs, 2);
    Pending<RepositoryModelLoadResponse> load = grpc().startLoad("gated");
    awaitArrivals();
    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertDelivered(accepted);
    load.await().ok();
    eventually("'gated' is ready", () -> modelReady("gated"));
    assertServes(runs);
  }

  /** One call runs, the others wait for it. */
  private List<Pending<ModelInferResponse>> occupyAndQueue(Runs runs, int waiting) {
    List<Pending<ModelInferResponse>> accepted = new ArrayList<>();
    accepted.add(occupy(runs));
    for (int i = 1; i <= waiting; i++) {
      accepted.add(grpc().startInfer(rows("gated", i).build()));
    }
    awaitArrivals();
    return accepted;
  }

  private static void assertDelivered(List<Pending<ModelInferResponse>> accepted) {
    for (int i = 0; i < accepted.size(); i++) {
      assertRows(accepted.get(i).await().ok(), i);
    }
  }

  private void assertServes(Runs runs) {
    Pending<ModelInferResponse> next = grpc().startInfer(rows("gated", 7, 8).build());
    assertEquals(2, runs.awaitNext());
    runs.release(1);
    assertRows(next.await().ok(), 7, 8);
  }

  private OipCaller.Reply<RepositoryModelLoadResponse> load(String model, ModelConfig config) {
    try {
      String json = JsonFormat.printer().preservingProtoFieldNames().print(config);
      return grpc()
          .call(
              RepositoryModelLoad,
              RepositoryModelLoadRequest.newBuilder()
                  .setModelName(model)
                  .putParameters(
                      "config", ModelRepositoryParameter.newBuilder().setStringParam(json).build())
                  .build());
    } catch (InvalidProtocolBufferException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private ModelConfig config() {
    return grpc().config("spare").ok().getConfig();
  }
}
