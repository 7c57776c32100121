package io.trawl.serve;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Stage;
import io.trawl.serve.ListFinder.Target;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the backbone turn user and objective into query vectors. */
final class Encoding {

  private static final Logger LOG = LoggerFactory.getLogger(Encoding.class);

  private final Backbone backbone;
  private final InstantSource clock;

  Encoding(Backbone backbone, InstantSource clock) {
    this.backbone = backbone;
    this.clock = clock;
  }

  /** Fails with {@link FirstEnding#ended} where there are none to be had. */
  Future<Target> target(
      RetrievalRequest request,
      ObjectiveRequest objective,
      ListFinder.Scope scope,
      FirstEnding.Steps steps) {
    var timeline = scope.timeline();
    var from = timeline.now();
    var now = request.now() == null ? clock.instant() : request.now();
    return backbone
        .encode(
            new EncodeRequest(request.id(), objective, request.user(), now),
            scope.deadline(),
            scope.cancellation())
        .compose(
            outcome ->
                switch (outcome) {
                  case EncodeOutcome.Encoded encoded -> {
                    steps.encoded();
                    var sent = from + encoded.promptNanos();
                    var done = sent + encoded.backboneNanos();
                    timeline.spent(Stage.PROMPT, objective.name(), from, sent);
                    timeline.spent(Stage.BACKBONE, objective.name(), sent, done);
                    yield Future.succeededFuture(target(encoded));
                  }
                  case EncodeOutcome.Overloaded(var why) ->
                      FirstEnding.ended(FirstEnding.shed(why));
                  case EncodeOutcome.Expired() ->
                      FirstEnding.ended(new RetrievalOutcome.Expired("backbone"));
                  case EncodeOutcome.Cancelled() ->
                      FirstEnding.ended(new RetrievalOutcome.Cancelled());
                  case EncodeOutcome.Failed(var why, var inside) -> {
                    LOG.warn("request {} got no query vectors: {}", request.id(), inside);
                    yield FirstEnding.ended(new RetrievalOutcome.EncodeFailed(why));
                  }
                });
  }

  private static Target target(EncodeOutcome.Encoded encoded) {
    return new Target(
        encoded.queries(), new int[0], encoded.behavioursSkipped(), Labels.of(encoded), List.of());
  }
}
