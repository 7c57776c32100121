package io.trawl.encode;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.space.Golden;
import io.trawl.space.GoldenRequest;
import io.trawl.space.MemoryFault;
import io.trawl.space.Space;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Reply;
import io.trawl.workers.fleet.replica.Proof;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a worker has to show before it is a space's backbone: that the model it describes has the
 * space's sizes, and that it gives a golden request's query vectors. Each time another one of the
 * golden requests is asked.
 */
public final class GoldenProof implements Proof {

  private final Space space;
  private final PromptBuilder prompts;
  private final BackboneModel model;
  private final float tolerance;
  private final Ticker ticker;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Of one space.
   *
   * @param tolerance how far a number of a query vector may be off
   */
  public GoldenProof(Space space, PromptBuilder prompts, float tolerance, Ticker ticker) {
    this.space = space;
    this.prompts = prompts;
    this.model = new BackboneModel(space);
    this.tolerance = tolerance;
    this.ticker = ticker;
  }

  @Override
  public Future<Shown> ask(OipClient worker, Duration budget) {
    var deadline = Deadline.after(budget, ticker);
    return worker
        .modelMetadata(model.name(), model.version(), deadline.left(ticker))
        .compose(
            reply ->
                switch (reply) {
                  case Reply.Answer<ModelMetadata>(var metadata) ->
                      BackboneContract.disagreement(space.manifest(), metadata)
                          .map(why -> Future.<Shown>succeededFuture(new Shown.Differs(why)))
                          .orElseGet(() -> golden(worker, deadline));
                  case Reply.NoAnswer<ModelMetadata>(var failure) ->
                      Future.succeededFuture(new Shown.NoAnswer(failure));
                });
  }

  private Future<Shown> golden(OipClient worker, Deadline deadline) {
    var all = space.goldenRequests();
    var golden = all.get(Math.floorMod(turn.getAndIncrement(), all.size()));
    InferCall call =
        model
            .call(prompts.build(golden.objective(), golden.user(), golden.now()))
            .withId("golden-" + golden.line());
    MemoryFault.throwPending();
    return worker
        .infer(call, deadline.left(ticker))
        .outcome()
        .map(
            outcome ->
                switch (outcome) {
                  case Inferred answer -> compare(golden, answer);
                  case Failure failure -> new Shown.NoAnswer(failure);
                });
  }

  private Shown compare(GoldenRequest golden, Inferred answer) {
    return switch (model.queryVectors(answer)) {
      case BackboneModel.Answer.Unusable(var why) -> new Shown.Differs(why);
      case BackboneModel.Answer.Usable(var queries) ->
          Golden.compareQueryVectors(golden.queryVectors(), queries, tolerance)
              .<Shown>map(
                  wrong ->
                      new Shown.Differs("golden request %d: %s".formatted(golden.line(), wrong)))
              .orElseGet(Shown.Agrees::new);
    };
  }
}
