package io.trawl.workers.testkit;

import io.trawl.workers.testkit.contract.OipServerContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.vertx.core.Vertx;
import java.io.IOException;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The contract's judge: what it says of Triton, the real one does. */
@EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
class RealTritonContractTest extends OipServerContract {

  @Override
  protected OipSubject start(Vertx on) throws IOException {
    return RealSubject.start();
  }
}
