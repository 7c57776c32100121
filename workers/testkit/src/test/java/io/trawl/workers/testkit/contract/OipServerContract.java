package io.trawl.workers.testkit.contract;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * What Triton does on the wire, and whoever stands in for it must do: a test class that extends
 * this one and starts its {@link OipSubject} has all tests of the contract.
 *
 * <p>It speaks over the protocol's stubs and plain HTTP, and believes what was measured on a real
 * Triton: texts are matched by the words that callers decide on. One server serves all tests, in
 * any order; each leaves the models as it found them. Nothing sleeps: what runs and what waits is
 * in the hand of {@link OipSubject.Runs}.
 */
@TestInstance(Lifecycle.PER_CLASS)
public abstract class OipServerContract
    implements DescriptionContract,
        InferenceContract,
        RefusalContract,
        StreamContract,
        StatisticsContract,
        RepositoryContract,
        SchedulingContract,
        HttpContract {

  private static final int ALL_RUNS = 1 << 10;

  private final Vertx vertx = Vertx.vertx();
  private @Nullable OipSubject subject;
  private @Nullable OipCaller grpc;
  private @Nullable HttpCaller http;

  /** Starts the server; its readiness is waited for. */
  protected abstract OipSubject start(Vertx on) throws Exception;

  @BeforeAll
  final void startSubject() throws Exception {
    subject = start(vertx);
    http = new HttpCaller(subject.httpPort());
  }

  /** A connection of its own for each test: none suffers from how another one left. */
  @BeforeEach
  final void connect() {
    grpc = new OipCaller(vertx, subject().grpcPort());
  }

  @AfterEach
  final void hangUp() {
    grpc().close();
  }

  @AfterAll
  final void closeSubject() {
    if (subject != null) {
      subject.runs().ifPresent(runs -> runs.release(ALL_RUNS));
      subject.close();
    }
    if (http != null) {
      http.close();
    }
    OipCaller.await(vertx.close());
  }

  @Override
  public final OipSubject subject() {
    return requireNonNull(subject, "startSubject comes first");
  }

  @Override
  public final OipCaller grpc() {
    return requireNonNull(grpc, "connect comes first");
  }

  @Override
  public final HttpCaller http() {
    return requireNonNull(http, "startSubject comes first");
  }

  @Override
  public final BareCaller bare() {
    return new BareCaller(vertx, subject().grpcPort());
  }
}
