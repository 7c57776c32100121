package io.trawl.app.node;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node is made of. Its parts start in the order of their list, each after the one before,
 * and end in the reverse one, each whatever became of the others.
 *
 * @param start what it takes to begin, at the latest when the future completes
 * @param close may be called of a part that never started
 */
record NodePart(String name, Supplier<Future<?>> start, Supplier<Future<?>> close) {

  private static final Logger LOG = LoggerFactory.getLogger(NodePart.class);

  /** A part that is there as soon as it is made. */
  static NodePart made(String name, Supplier<Future<?>> close) {
    return new NodePart(name, Future::succeededFuture, close);
  }

  /** Starts all of them; where one fails all are closed again. */
  static Future<Void> start(List<NodePart> parts) {
    Future<?> started = Future.succeededFuture();
    for (var part : parts) {
      started = started.compose(_ -> tried(part.start));
    }
    return started
        .<Void>mapEmpty()
        .recover(thrown -> close(parts).transform(_ -> Future.failedFuture(thrown)));
  }

  /** Ends all of them; what fails is logged. */
  static Future<Void> close(List<NodePart> parts) {
    Future<?> ended = Future.succeededFuture();
    for (var part : parts.reversed()) {
      ended = ended.transform(_ -> part.end());
    }
    return ended.mapEmpty();
  }

  private Future<Void> end() {
    return tried(close)
        .<Void>mapEmpty()
        .recover(
            thrown -> {
              LOG.warn("{} did not close in order", name, thrown);
              return Future.succeededFuture();
            });
  }

  private static Future<?> tried(Supplier<Future<?>> step) {
    try {
      return step.get();
    } catch (RuntimeException | Error thrown) {
      return Future.failedFuture(thrown);
    }
  }
}
