package io.trawl.encode;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.domain.User;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.trawl.space.MemoryFault;
import io.trawl.space.Space;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.fleet.Fleet;
import io.trawl.workers.fleet.ModelFleet;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A space's backbone on a fleet of workers: writes the prompt, has it run on one of them, and takes
 * exactly M finite query vectors of width H from exactly the space's version of the model. Anything
 * else is a failure, never a guess.
 */
public final class OipBackbone implements Backbone, AutoCloseable {

  private static final String UNUSABLE = "the worker's answer cannot be used";

  /** Workers that a person is told of, where none is ready. */
  private static final int TOLD = 3;

  private final ModelFleet fleet;
  private final PromptBuilder prompts;
  private final BackboneModel model;
  private final Ticker ticker;

  /**
   * The backbone of a space.
   *
   * @param fleet the space's model on the workers; closed with this
   */
  public OipBackbone(ModelFleet fleet, Space space, PromptBuilder prompts, Ticker ticker) {
    this.fleet = fleet;
    this.prompts = prompts;
    this.model = new BackboneModel(space);
    this.ticker = ticker;
  }

  /**
   * A space's backbone on the workers of a fleet, which prove themselves by its golden requests.
   */
  public static OipBackbone of(
      Fleet fleet, Space space, PromptBuilder prompts, float tolerance, Ticker ticker) {
    var backbone = space.manifest().backbone();
    return new OipBackbone(
        fleet.model(
            backbone.model(),
            Long.toString(backbone.version()),
            new GoldenProof(space, prompts, tolerance, ticker)),
        space,
        prompts,
        ticker);
  }

  @Override
  public Future<EncodeOutcome> encode(
      EncodeRequest request, Deadline deadline, Cancellation cancellation) {
    var start = ticker.nanos();
    var prompt = prompts.build(request.objective(), request.user(), request.now());
    var call = model.call(prompt).withId(request.requestId());
    MemoryFault.throwPending();
    var sent = ticker.nanos();
    var handle = fleet.infer(call, deadline.left(ticker), key(request.user()));
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

  /** By which a user's calls may keep to one worker: the id, for an anonymous one the history. */
  private static long key(User user) {
    return user.id().isEmpty() ? user.hashCode() : user.id().hashCode();
  }

  /** Empty as soon as one worker has shown that it is this space's backbone. */
  @Override
  public Future<Optional<String>> disagreement(Deadline deadline) {
    return fleet.asked().map(_ -> fleet.isReady() ? Optional.empty() : Optional.of(notReady()));
  }

  private String notReady() {
    var states = fleet.states();
    if (states.isEmpty()) {
      return model.name() + ": no worker is known";
    }
    var more = states.size() > TOLD ? " and %d more".formatted(states.size() - TOLD) : "";
    return states.stream()
        .limit(TOLD)
        .map(state -> "%s at %s: %s".formatted(model.name(), state.endpoint(), state.why()))
        .collect(Collectors.joining("; ", "", more));
  }

  @Override
  public void close() {
    fleet.close();
  }

  private EncodeOutcome encoded(
      Inferred answer, Prompt prompt, long promptNanos, long backboneNanos) {
    return switch (model.queryVectors(answer)) {
      case BackboneModel.Answer.Usable(var queries) ->
          new EncodeOutcome.Encoded(
              queries,
              prompt.behavioursSkipped(),
              prompt.behavioursDropped(),
              promptNanos,
              backboneNanos);
      case BackboneModel.Answer.Unusable(var why) -> new EncodeOutcome.Failed(UNUSABLE, why);
    };
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
              outside(failure), "%s: %s".formatted(model.name(), failure.message()));
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
