package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.encode.PromptBuilder;
import io.trawl.lexical.LexicalIndex;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.space.GoldenCheck;
import io.trawl.space.Space;
import io.trawl.space.SpaceCheck;
import io.trawl.space.Verification;
import io.trawl.space.source.SpaceRefused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trawl space check}: everything that a gateway relies on, through a real worker. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Verifies a space: manifest, files, checksums, prompts, and every golden request through a"
          + " model worker and the exact engine. Exit status 0 when it may be served, 1 when not."
    })
final class SpaceCheckCommand implements Callable<Integer> {

  private static final Duration GOLDEN_TIME = Duration.ofSeconds(30);

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Override
  public Integer call() {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry, TrawlConfig.defaults().listen());
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      passed("%d files agree with the manifest".formatted(space.manifest().files().size()));
      var wrong = withoutWorker(space);
      if (wrong.isPresent()) {
        return failed(wrong.get());
      }
      var worker =
          Running.await(LocalWorker.start(vertx, directory, 0, 0, 0), "the worker's start");
      var config = TrawlConfig.defaults();
      var gateway =
          new GatewayNode(
              vertx, config.withBackbone(worker.backbone(config.backbone())), space, registry);
      return check(space, Running.await(gateway.goldenCheck(), "the worker"));
    } catch (SpaceRefused refused) {
      return failed(CannotStart.sentence(refused));
    } finally {
      vertx.close();
    }
  }

  /** The first thing that is wrong and needs no worker to be found. */
  private static Optional<String> withoutWorker(Space space) {
    var exact = Engine.exact(space.itemVectors().orElseThrow(), Kernels.choose().kernel());
    for (var finding : SpaceCheck.run(space, exact)) {
      if (!finding.passed()) {
        return Optional.of(finding.what());
      }
      passed(finding.what());
    }
    var index = lexical(space);
    if (index.isPresent()) {
      return index;
    }
    try (var prompts = PromptBuilder.of(space)) {
      for (var golden : space.goldenRequests()) {
        var wrong = prompts.disagreement(golden);
        if (wrong.isPresent()) {
          return wrong;
        }
      }
    }
    passed("%d golden requests give their tokens".formatted(space.goldenRequests().size()));
    return Optional.empty();
  }

  /** What is wrong with the lexical index, where there is one. */
  private static Optional<String> lexical(Space space) {
    var wrong =
        space.lexical().flatMap(files -> LexicalIndex.disagreement(files, space.catalogue()));
    if (wrong.isEmpty()) {
      try (var index = LexicalIndex.open(space).orElse(null)) {
        passed(
            index == null
                ? "no lexical index"
                : "the lexical index holds the words of %,d items"
                    .formatted(space.catalogue().count()));
      }
    }
    return wrong;
  }

  private static int check(Space space, GoldenCheck check) {
    var backbone = space.manifest().backbone();
    var wrong = Running.await(check.checkModel(deadline()), "the model's check");
    if (wrong.isPresent()) {
      return failed(wrong.get());
    }
    passed(
        "model %s version %d is this space's backbone"
            .formatted(backbone.model(), backbone.version()));
    for (var golden : space.goldenRequests()) {
      var found = Running.await(check.check(golden, deadline()), "golden request " + golden.line());
      if (found.isPresent()) {
        return failed(found.get().why());
      }
    }
    passed(
        "%d golden requests give their query vectors and top items through the worker"
            .formatted(space.goldenRequests().size()));
    System.out.println("space " + space.id() + " may be served");
    return 0;
  }

  private static Deadline deadline() {
    return Deadline.after(GOLDEN_TIME, Ticker.system());
  }

  private static void passed(String what) {
    System.out.println("ok      " + what);
  }

  private static int failed(String why) {
    System.out.println("FAILED  " + why);
    return 1;
  }
}
