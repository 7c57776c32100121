package io.trawl.app.demo;

import io.trawl.app.client.RetrievalClient;
import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Ticker;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a running gateway for three users and shows what it says. */
public final class DemoShow {

  /** Items asked for, so that recall says something; the page shows the first few. */
  private static final int K = 100;

  /** The same for all requests, so that the same is explored over both protocols. */
  private static final long SEED = 7;

  /** Generous: the first requests of a JVM are slow. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final RetrievalClient http;
  private final RetrievalClient grpc;
  private final String httpAddress;
  private final String grpcAddress;
  private final Space space;
  private final Casting casting;
  private final Ansi ansi;
  private final Ticker ticker;
  private final DemoSummary summary = new DemoSummary();

  /**
   * Reads the sample users.
   *
   * @param base scheme, host and port of the gateway's HTTP edge
   * @param grpcPort the port of its gRPC edge, on the same host
   * @param space the space that the gateway serves; stays open until the show is over
   */
  public DemoShow(Vertx vertx, URI base, int grpcPort, Space space, Ansi ansi, Ticker ticker) {
    this.casting = Casting.of(space);
    this.http = RetrievalClient.http(vertx, base, 1);
    this.grpc = RetrievalClient.grpc(vertx, base.getHost(), grpcPort);
    this.httpAddress = base.getHost() + ":" + base.getPort();
    this.grpcAddress = base.getHost() + ":" + grpcPort;
    this.space = space;
    this.ansi = ansi;
    this.ticker = ticker;
  }

  /**
   * Sends the requests, one after the other, and prints each user when the answers are there. Once.
   *
   * @param out gets text that ends in a line break, a user at a time
   * @return what was found; fails with a sentence for a person if a request got no answer
   */
  public Future<DemoSummary> run(Consumer<String> out) {
    out.accept(opening());
    Future<?> shown = warmedUp();
    for (var user : casting.users()) {
      shown = shown.compose(_ -> asked(user)).map(answers -> told(out, page(user, answers)));
    }
    return shown
        .map(_ -> told(out, closing()))
        .map(summary)
        .eventually(() -> Future.join(http.close(), grpc.close()));
  }

  private static String told(Consumer<String> out, String text) {
    out.accept(text);
    return text;
  }

  /** One request over either protocol that is not shown: the first ones of a JVM are slow. */
  private Future<?> warmedUp() {
    if (casting.users().isEmpty()) {
      return Future.succeededFuture();
    }
    var request = request(casting.users().getFirst(), null);
    return grpc.retrieve(request, DEADLINE).compose(_ -> http.retrieve(request, DEADLINE));
  }

  /** Over gRPC, over HTTP, and over HTTP with the exact engine, in this order. */
  private Future<Answers> asked(SampleUser user) {
    var explore = request(user, null);
    var exact = request(user, EngineName.EXACT);
    return timed(grpc, explore)
        .compose(
            overGrpc ->
                timed(http, explore)
                    .compose(
                        overHttp ->
                            timed(http, exact)
                                .map(truth -> new Answers(overGrpc, overHttp, truth.retrieval))));
  }

  private Future<Timed> timed(RetrievalClient client, RetrievalRequest request) {
    var startNanos = ticker.nanos();
    return client
        .retrieve(request, DEADLINE)
        .map(retrieval -> new Timed(retrieval, ticker.nanos() - startNanos));
  }

  private RetrievalRequest request(SampleUser user, @Nullable EngineName engine) {
    return new RetrievalRequest(
        "demo-" + user.user().id() + (engine == null ? "" : "-" + engine.label()),
        user.user(),
        casting.objectives().stream()
            .map(o -> new ObjectiveRequest(o.name(), text(user, o)))
            .toList(),
        Math.min(K, space.catalogue().count()),
        new RetrievalRequest.ItemChoice(null, Set.of(), true),
        user.now(),
        new EngineRequest(engine, null, null, null, null, SEED),
        RetrievalRequest.Answering.PLAIN);
  }

  private static @Nullable String text(SampleUser user, Objective objective) {
    var heldOut = user.heldOut().get(objective.name());
    return heldOut == null ? null : heldOut.text();
  }

  private String opening() {
    var manifest = space.manifest();
    return new DemoPage(space, ansi)
        .line("")
        .paragraph(
            List.of(
                new Cell(space.id().toString(), Style.BOLD),
                Cell.of(
                    String.format(
                        Locale.ROOT,
                        "  %,d items, %d query vectors of width %d for each user and objective",
                        manifest.sizes().items(),
                        manifest.sizes().queryVectors(),
                        manifest.sizes().vectorWidth()))))
        .remark(
            "HTTP on %s, gRPC on %s; recall is against the exact engine"
                .formatted(httpAddress, grpcAddress))
        .remark("✓ marks what the user really took next; the model never saw it")
        .text();
  }

  private String page(SampleUser user, Answers answers) {
    summary.compared(answers.agree());
    var page = new DemoPage(space, ansi).user(user);
    for (var i = 0; i < casting.objectives().size(); i++) {
      var objective = casting.objectives().get(i);
      var list = answers.http.retrieval.lists().get(i);
      var recall = Comparison.recall(list, answers.exact.lists().get(i));
      page.answer(objective, text(user, objective), list, user, recall);
      summary.add(list, DemoPage.heldOut(user, objective), recall, space.catalogue().count());
    }
    page.line("");
    page.heading("Time", "HTTP %s, all objectives side by side".formatted(httpAddress));
    page.table(Waterfall.of(answers.http.retrieval.stageNanos(), answers.http.nanos));
    var grpcSaid =
        "gRPC %s: %s in %s"
            .formatted(
                grpcAddress,
                answers.agree() ? "the same lists" : "OTHER lists",
                Waterfall.millis(answers.grpc.nanos));
    return page.line("  " + ansi.paint(answers.agree() ? Style.DIM : Style.RED, grpcSaid)).text();
  }

  private String closing() {
    var price =
        String.format(
            Locale.ROOT,
            "%d lists, recall %.3f on average, with %.1f %% of the catalogue scored",
            summary.lists(),
            summary.meanRecall(),
            100 * summary.meanShareScored());
    var found =
        "held-out item among the first ten in %d of %d"
            .formatted(summary.foundInTen(), summary.withHeldOut());
    var agreed =
        summary.protocolsAgree()
            ? "HTTP and gRPC said the same"
            : "HTTP and gRPC did NOT say the same";
    return new DemoPage(space, ansi)
        .line("")
        .line(ansi.paint(Style.DIM, "─".repeat(DemoPage.WIDTH)))
        .line("  " + price)
        .line("  " + found)
        .line("  " + ansi.paint(summary.protocolsAgree() ? Style.GREEN : Style.RED, agreed))
        .text();
  }

  private record Timed(Retrieval retrieval, long nanos) {}

  private record Answers(Timed grpc, Timed http, Retrieval exact) {

    boolean agree() {
      return Comparison.same(grpc.retrieval, http.retrieval);
    }
  }
}
