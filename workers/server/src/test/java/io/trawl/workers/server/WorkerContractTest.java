package io.trawl.workers.server;

import io.trawl.workers.testkit.contract.OipServerContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.vertx.core.Vertx;
import java.io.IOException;

/** The worker keeps the contract that every OIP server keeps which may stand in its place. */
final class WorkerContractTest extends OipServerContract {
  @Override
  protected OipSubject start(Vertx on) throws IOException {
    return WorkerSubject.start(on);
  }
}
