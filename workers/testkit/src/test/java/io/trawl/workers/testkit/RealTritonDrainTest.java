package io.trawl.workers.testkit;

import io.trawl.workers.testkit.contract.OipDrainContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The judge of the drain's contract. */
@EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
class RealTritonDrainTest extends OipDrainContract {

  @Override
  protected OipSubject start(Vertx on) throws IOException {
    return RealSubject.startSmall();
  }

  /** What Triton gives up on it says in its log, and nowhere else. */
  @Override
  protected Future<Boolean> terminate(OipSubject server) {
    return ((RealSubject) server).triton().terminate();
  }
}
