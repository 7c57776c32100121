package io.trawl.workers.server;

import io.trawl.workers.testkit.contract.OipDrainContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;

/** The worker ends as every OIP server does which it may stand for. */
final class WorkerDrainTest extends OipDrainContract {
  @Override
  protected OipSubject start(Vertx on) throws IOException {
    return WorkerSubject.start(on);
  }

  @Override
  protected Future<Boolean> terminate(OipSubject server) {
    return ((WorkerSubject) server).worker().shutdown();
  }
}
