package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.contract.OipContract.assertRefused;
import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.eventually;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.testkit.contract.OipCaller.Conversation;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipCaller.Reply;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What Triton does between SIGTERM and its end, and whoever stands in for it must do. Each test has
 * a server of its own, since none outlives it.
 *
 * <p>While a connection to its HTTP port is open, Triton 2.51 goes on as if nothing had been said;
 * so nothing is asked there before. And when nothing waits any more, though something may run, it
 * unloads its models, and new calls hear that there are no available versions; so something waits.
 */
public abstract class OipDrainContract {

  private static final int ALL_RUNS = 1 << 10;
  private static final String STOPPING =
      "Server is stopping, scheduler for model has stopped accepting new inference requests";

  private final Vertx vertx = Vertx.vertx();
  private @Nullable OipSubject subject;
  private @Nullable OipCaller grpc;

  /** Starts a server with all models of {@link OipSubject}; its readiness is waited for. */
  protected abstract OipSubject start(Vertx on) throws Exception;

  /** Asks it to end, as SIGTERM does; succeeds with whether nothing was given up. */
  protected abstract Future<Boolean> terminate(OipSubject server);

  @BeforeEach
  final void startSubject() throws Exception {
    subject = start(vertx);
    grpc = new OipCaller(vertx, subject.grpcPort());
  }

  @AfterEach
  final void closeSubject() {
    if (subject != null) {
      runs().release(ALL_RUNS);
      grpc().close();
      subject.close();
    }
    OipCaller.await(vertx.close());
  }

  private OipSubject subject() {
    return requireNonNull(subject, "startSubject comes first");
  }

  private OipCaller grpc() {
    return requireNonNull(grpc, "startSubject comes first");
  }

  private Runs runs() {
    return subject().runs().orElseThrow();
  }

  @Test
  final void whatWasAcceptedIsDeliveredAndWhatIsNewIsRefused() {
    Optional<Conversation> stream = stream();
    stream.ifPresent(open -> open.say(rows("identity_fp32", 1).build()));
    stream.ifPresent(open -> assertTrue(open.next().getErrorMessage().isEmpty()));
    Pending<ModelInferResponse> running = infer("gated", 0);
    assertEquals(1, runs().awaitNext());
    Pending<ModelInferResponse> queued = infer("gated", 1);
    Pending<ModelInferResponse> impatient = grpc().startInfer(waiting(1_500_000, 2));
    awaitArrivals();

    Future<Boolean> end = terminate(subject());
    eventually("the server drains", this::drains);

    assertHttpIsClosed();
    assertRefused(GrpcStatus.UNAVAILABLE, STOPPING, infer("identity_fp32", 3).await());
    assertRefused(GrpcStatus.UNAVAILABLE, STOPPING, infer("gated", 3).await());
    stream.ifPresent(open -> open.say(rows("identity_fp32", 4).build()));
    stream.ifPresent(open -> assertTrue(open.next().getErrorMessage().contains(STOPPING)));
    assertSaysSo();
    assertRefused(GrpcStatus.UNAVAILABLE, "Request timeout expired", impatient.await());
    assertFalse(running.reply().isComplete());
    assertFalse(end.isComplete());

    runs().release(2);
    assertRows(running.await().ok(), 0);
    assertEquals(1, runs().awaitNext());
    assertRows(queued.await().ok(), 1);
    stream.ifPresent(Conversation::finish);
    assertTrue(OipCaller.await(end));
  }

  private Optional<Conversation> stream() {
    return subject().features().contains(Feature.STREAMS)
        ? Optional.of(grpc().stream(false))
        : Optional.empty();
  }

  /** The order of checks: who asks wrongly is told so, drain or not. */
  @Test
  final void whoAsksWronglyIsToldSo() {
    Pending<ModelInferResponse> running = infer("gated", 0);
    assertEquals(1, runs().awaitNext());
    Pending<ModelInferResponse> queued = infer("gated", 1);
    awaitArrivals();
    Future<Boolean> end = terminate(subject());
    eventually("the server drains", this::drains);

    assertRefused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        infer("nope", 1).await());
    assertRefused(
        GrpcStatus.INVALID_ARGUMENT,
        "inference request batch-size must be <= 8 for 'identity_fp32'",
        infer("identity_fp32", new float[9]).await());

    runs().release(2);
    assertRows(running.await().ok(), 0);
    assertRows(queued.await().ok(), 1);
    assertTrue(OipCaller.await(end));
  }

  /** What each call but an inference says of itself during the drain. */
  private void assertSaysSo() {
    String exiting = "Server exiting";
    says(exiting, grpc().live());
    says(exiting, grpc().ready());
    String notReady = "Server not ready";
    says(notReady, grpc().ready("gated", ""));
    says(notReady, grpc().metadata("gated", ""));
    says(notReady, grpc().statistics("gated"));
    if (subject().features().contains(Feature.REPOSITORY)) {
      says(notReady, grpc().index(false));
      says(notReady, grpc().startLoad("spare").await());
      says(notReady, grpc().startUnload("spare").await());
    }
    grpc().metadata().ok();
    grpc().config("gated").ok();
  }

  private static void says(String words, Reply<?> reply) {
    assertRefused(GrpcStatus.UNAVAILABLE, words, reply);
  }

  private boolean drains() {
    return grpc().live().status() == GrpcStatus.UNAVAILABLE;
  }

  private void assertHttpIsClosed() {
    int port = subject().httpPort().orElseThrow();
    eventually("the HTTP port is closed", () -> !listens(port));
    subject()
        .metricsPort()
        .ifPresent(metrics -> assertTrue(listens(metrics), "metrics stay to the end"));
  }

  private static boolean listens(int port) {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private void awaitArrivals() {
    grpc().live().ok();
  }

  private Pending<ModelInferResponse> infer(String model, float... values) {
    return grpc().startInfer(rows(model, values).build());
  }

  private static ModelInferRequest waiting(long micros, float value) {
    return rows("gated", value)
        .putParameters("timeout", InferParameter.newBuilder().setInt64Param(micros).build())
        .build();
  }
}
