package io.trawl.app;

import io.trawl.app.client.RetrievalClient;
import io.trawl.app.config.HttpAddress;
import io.trawl.app.explain.ExplainPage;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Merge;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.User;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trawl explain}. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = {
      "Asks a running gateway and draws why each item is in its answer: the query vector, the round"
          + " and the neighbour that found it, what each round did, and where the time went."
    })
final class ExplainCommand implements Callable<Integer> {

  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Option(
      names = "--gateway",
      converter = HttpAddress.class,
      paramLabel = "URL",
      description = "scheme, host and HTTP port of the gateway, default ${DEFAULT-VALUE}")
  private URI gateway = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--space",
      paramLabel = "DIR",
      description = "the space it serves, for sample users and titles; the demo's if not given")
  private Path directory = TrawlConfig.DEMO_SPACE;

  @Option(
      names = "--sample-user",
      paramLabel = "NUMBER",
      description = "which sample user of the space asks, from 0, the default")
  private int sampleUser;

  @Option(
      names = "--history",
      split = ",",
      paramLabel = "ID",
      description = "ids of items, oldest first, instead of a sample user's history")
  private List<String> history = List.of();

  @Option(
      names = "--objective",
      paramLabel = "NAME[=TEXT]",
      description = "what is asked for; repeatable; the space's first one if not given")
  private List<String> objectives = List.of();

  @Option(
      names = "--merge",
      paramLabel = "BY",
      description = "make one list of several objectives, by rank or by score")
  private Merge.@Nullable By merge;

  @Option(
      names = "-k",
      defaultValue = "10",
      paramLabel = "COUNT",
      description = "items wanted, default ${DEFAULT-VALUE}")
  private int k;

  @Option(names = "--engine", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}")
  private @Nullable EngineName engine;

  @Option(names = "--seed", description = "what the first sample is drawn by")
  private @Nullable Long seed;

  @Override
  public Integer call() {
    if (sampleUser < 0) {
      throw new CannotStart("--sample-user is %d; expected 0 or more".formatted(sampleUser));
    }
    if (k < 1) {
      throw new CannotStart("-k is %d; expected 1 or more".formatted(k));
    }
    var vertx = Vertx.vertx();
    try (var space = Space.open(directory, Verification.SIZES)) {
      var client = RetrievalClient.http(vertx, gateway, 1);
      var request = CannotStart.unlessRefused(() -> request(space));
      var answer = Running.await(client.retrieve(request, DEADLINE), PATIENCE, "the answer");
      System.out.print(ExplainPage.of(answer, id -> title(space, id), Terminal.ansi()));
      return 0;
    } finally {
      vertx.close();
    }
  }

  private static Optional<String> title(Space space, String id) {
    var ordinal = space.catalogue().ordinal(id);
    return ordinal < 0 ? Optional.empty() : Optional.of(space.catalogue().title(ordinal));
  }

  private RetrievalRequest request(Space space) {
    var sample = history.isEmpty() ? sampleUser(space) : null;
    var user =
        sample == null
            ? new User(
                "", Map.of(), history.stream().map(id -> new Behaviour(id, null, null)).toList())
            : sample.user();
    Instant now = sample == null ? null : sample.now();
    return new RetrievalRequest(
        "explain",
        user,
        asked(space),
        k,
        new RetrievalRequest.ItemChoice(null, Set.of(), true),
        now,
        new EngineRequest(engine, null, null, null, null, seed),
        new RetrievalRequest.Answering(
            true, OnMissing.SKIP, merge == null ? null : new Merge(merge)));
  }

  private SampleUser sampleUser(Space space) {
    try (var users = space.users()) {
      return users
          .skip(sampleUser)
          .findFirst()
          .orElseThrow(
              () ->
                  new CannotStart(
                      "--sample-user is %d; space %s has fewer users"
                          .formatted(sampleUser, space.id())));
    }
  }

  private List<ObjectiveRequest> asked(Space space) {
    if (!objectives.isEmpty()) {
      return objectives.stream().map(ExplainCommand::objective).toList();
    }
    return space.objectives().stream()
        .filter(known -> known.text() == Objective.TextUse.NONE)
        .findFirst()
        .map(known -> List.of(new ObjectiveRequest(known.name(), null)))
        .orElseThrow(
            () ->
                new CannotStart(
                    "every objective of space %s takes a text; give --objective NAME=TEXT"
                        .formatted(space.id())));
  }

  private static ObjectiveRequest objective(String given) {
    var split = given.split("=", 2);
    return new ObjectiveRequest(split[0], split.length == 2 ? split[1] : null);
  }
}
