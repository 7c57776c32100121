package io.trawl.app;

import io.trawl.app.node.BackboneOptions;
import io.trawl.app.node.Ports;
import io.trawl.workers.server.ModelWorker;
import io.trawl.workers.server.WorkerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model worker in this JVM, over the backbone of a space: for the demo, for eval, for checks. */
final class LocalWorker {

  private final ModelWorker worker;

  private LocalWorker(ModelWorker worker) {
    this.worker = worker;
  }

  /** Starts a worker on the given ports, 0 for any free one. */
  static Future<LocalWorker> start(Vertx vertx, Path space, int grpc, int http, int metrics) {
    var models = space.resolve("models");
    if (!Files.isDirectory(models)) {
      throw new CannotStart("there is no space in " + space + ": it has no folder 'models'");
    }
    var worker = ModelWorker.create(vertx, WorkerOptions.of(models).withPorts(grpc, http, metrics));
    return worker.start().map(LocalWorker::new);
  }

  /** The backbone options of a gateway that calls this worker. */
  BackboneOptions backbone(BackboneOptions options) {
    return options.withEndpoint("127.0.0.1:" + worker.ports().grpc());
  }

  Ports ports() {
    return WorkerCommand.ports(worker);
  }

  Future<Boolean> shutdown() {
    return worker.shutdown();
  }
}
