package io.trawl.workers.testkit;

import io.trawl.workers.testkit.contract.OipDrainContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The fake ends as Triton does. */
class FakeDrainTest extends OipDrainContract {

  @Override
  protected OipSubject start(Vertx on) {
    FakeContractTest.Fake fake = FakeContractTest.subject(on);
    return new WithHealth(fake, fake.fake().httpPort());
  }

  @Override
  protected Future<Boolean> terminate(OipSubject server) {
    FakeTriton fake = ((WithHealth) server).subject().fake();
    return fake.drain(Rejection.STOPPING).compose(_ -> fake.idle()).map(true);
  }

  /** What a drain closes first is the HTTP port, though it tells health alone. */
  private record WithHealth(FakeContractTest.Fake subject, int health) implements OipSubject {

    @Override
    public int grpcPort() {
      return subject.grpcPort();
    }

    @Override
    public OptionalInt httpPort() {
      return OptionalInt.of(health);
    }

    @Override
    public OptionalInt metricsPort() {
      return subject.metricsPort();
    }

    @Override
    public Set<Feature> features() {
      return subject.features();
    }

    @Override
    public Set<String> datatypes() {
      return subject.datatypes();
    }

    @Override
    public Optional<Runs> runs() {
      return subject.runs();
    }

    @Override
    public void close() {
      subject.close();
    }
  }
}
