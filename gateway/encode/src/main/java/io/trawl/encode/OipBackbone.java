package io.trawl.encode;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.trawl.space.MemoryFault;
import io.trawl.space.Space;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Reply;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.Optional;

/**
 * A space's backbone behind the Open Inference Protocol: writes the prompt, sends its tensors to a
 * worker, and takes exactly M finite query vectors of width H from exactly the space's version of
 * the model. Anything else is a failure, never a guess.
 */
public final class OipBackbone implements Backbone {

  private static final String UNUSABLE = "the worker's answer cannot be used";

  private final OipClient client;
  private final Space space;
  private final PromptBuilder prompts;
  private final PromptTensors tensors;
  private final Ticker ticker;
  private final String model;
  private final String version;
  private final int count;
  private final int width;

  public OipBackbone(OipClient client, Space space, PromptBuilder prompts, Ticker ticker) {
    var manifest = space.manifest();
    this.client = client;
    this.space = space;
    this.prompts = prompts;
    this.tensors = new PromptTensors(space);
    this.ticker = ticker;
    this.model = manifest.backbone().model();
    this.version = Long.toString(manifest.backbone().version());
    this.count = manifest.sizes().queryVectors();
    this.width = manifest.sizes().vectorWidth();
  }

  @Override
  public Future<EncodeOutcome> encode(
      EncodeRequest request, Deadline deadline, Cancellation cancellation) {
    var start = ticker.nanos();
    var prompt = prompts.build(request.objective(), request.user(), request.now());
    var call =
        InferCall.of(model, version, tensors.of(prompt))
            .withId(request.requestId())
            .withOutputs(BackboneContract.QUERY_VECTORS);
    MemoryFault.throwPending();
    var sent = ticker.nanos();
    var handle = client.infer(call, deadline.left(ticker));
    var registration = cancellation.onCancel(handle::cancel);
    return handle
        .outcome()
        .map(
            outcome -> {
              registration.close();
              return switch (outcome) {
                case Inferred answer ->
                    encoded(answer, prompt, sent - start, ticker.nanos() - sent);
                case Failure failure -> failed(failure);
              };
            });
  }

  @Override
  public Future<Optional<String>> disagreement(Deadline deadline) {
    return client
        .modelMetadata(model, version, deadline.left(ticker))
        .map(
            reply ->
                switch (reply) {
                  case Reply.Answer<ModelMetadata>(var metadata) ->
                      BackboneContract.disagreement(space.manifest(), metadata);
                  case Reply.NoAnswer<ModelMetadata>(var why) ->
                      Optional.of(
                          "%s at %s: %s".formatted(model, client.endpoint(), why.message()));
                });
  }

  private EncodeOutcome encoded(
      Inferred answer, Prompt prompt, long promptNanos, long backboneNanos) {
    var vectors = answer.output(BackboneContract.QUERY_VECTORS).orElseThrow();
    var shape = vectors.shape();
    if (shape.length != 3 || shape[0] != 1 || shape[1] != count || shape[2] != width) {
      return new EncodeOutcome.Failed(
          UNUSABLE,
          "%s of %s version %s has shape %s; expected [1, %d, %d] as the space says"
              .formatted(
                  BackboneContract.QUERY_VECTORS,
                  model,
                  version,
                  Arrays.toString(shape),
                  count,
                  width));
    }
    try {
      return new EncodeOutcome.Encoded(
          new QueryVectors(vectors.toFloats(), count, width),
          prompt.behavioursSkipped(),
          prompt.behavioursDropped(),
          promptNanos,
          backboneNanos);
    } catch (IllegalArgumentException unusable) {
      return new EncodeOutcome.Failed(
          UNUSABLE, model + " gave no usable vectors: " + unusable.getMessage());
    }
  }

  private EncodeOutcome failed(Failure failure) {
    return switch (failure) {
      case Failure.QueueFull _ -> new EncodeOutcome.Overloaded("the worker's queue is full");
      case Failure.DeadlineExceeded _, Failure.QueueTimeout _ -> new EncodeOutcome.Expired();
      case Failure.Cancelled _ -> new EncodeOutcome.Cancelled();
      case Failure.InvalidRequest _,
          Failure.NotFound _,
          Failure.Stopping _,
          Failure.Unreachable _,
          Failure.TooLarge _,
          Failure.Malformed _,
          Failure.Failed _ ->
          new EncodeOutcome.Failed(
              outside(failure),
              "%s at %s: %s".formatted(model, client.endpoint(), failure.message()));
    };
  }

  /** For callers: neither where the worker is nor what it said. */
  private static String outside(Failure failure) {
    return switch (failure) {
      case Failure.InvalidRequest _ -> "the worker refused the prompt";
      case Failure.NotFound _ -> "the worker does not have the backbone";
      case Failure.Stopping _ -> "the worker takes no new work";
      case Failure.Unreachable _ -> "the worker cannot be reached";
      case Failure.TooLarge _ -> "the prompt or its answer is too large for the worker";
      case Failure.Malformed _ -> UNUSABLE;
      case Failure.QueueFull _,
          Failure.QueueTimeout _,
          Failure.DeadlineExceeded _,
          Failure.Cancelled _,
          Failure.Failed _ ->
          "the backbone failed";
    };
  }
}
