package io.trawl.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.client.Edges;
import io.trawl.app.client.ScriptedRetriever;
import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.TextWidth;
import io.trawl.domain.Objective;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page says what the gateway said, to a person, within a hundred columns. */
class DemoShowTest {

  private final StringBuilder page = new StringBuilder();
  private Vertx vertx;
  private Space space;

  @BeforeEach
  void open(@TempDir Path directory) {
    vertx = Vertx.vertx();
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
  }

  @AfterEach
  void close() {
    vertx.close().await();
    space.close();
  }

  private DemoSummary show(Ansi ansi) {
    var edges = Edges.before(new ScriptedRetriever(space, _ -> Optional.empty()), vertx);
    return new DemoShow(vertx, edges.http(), edges.grpcPort(), space, ansi, Ticker.system())
        .run(page::append)
        .await();
  }

  private void assertShows(String text) {
    assertTrue(page.toString().contains(text), () -> "no '" + text + "' in\n" + page);
  }

  @Test
  void showsHistoriesAnswersPricesAndTimes() {
    var summary = show(Ansi.plain());
    assertEquals(6, summary.lists());
    assertTrue(summary.protocolsAgree());
    assertShows("tiny@1");
    assertShows("Likely next purchase");
    assertShows("Fits the words “red lamp”");
    assertShows("explore: 4 rounds, 3 of 24 items scored (12.5 %)");
    assertShows("backbone");
    assertShows("the same lists");
    assertShows("left out: 2 behaviours did not fit");
    page.toString()
        .lines()
        .forEach(
            line -> assertTrue(TextWidth.of(line) <= DemoPage.WIDTH, () -> "too wide: " + line));
    assertFalse(page.toString().contains("\u001b"), "no colour was wanted");
  }

  @Test
  void measuresRecallAgainstTheExactEngine() {
    // Of 24 exact items explore lacks the 10th and the 20th.
    assertEquals(22 / 24.0, show(Ansi.plain()).meanRecall(), 1e-9);
    assertShows("recall@22 0.917");
  }

  @Test
  void marksWhatTheUserReallyTook() {
    var summary = show(Ansi.plain());
    var marked = page.toString().lines().filter(line -> line.matches(" +[1-5]  ✓  .*")).count();
    assertTrue(marked > 0, "the seeded answers hold at least one among the first five");
    assertTrue(marked <= summary.foundInTen());
    assertEquals(6, summary.withHeldOut());
  }

  @Test
  void saysWhyTheFirstItemIsThere() {
    show(Ansi.plain());
    assertEquals(
        6, page.toString().lines().filter(line -> line.startsWith("  the first: ")).count());
    assertShows("  the first: like “Red tea” in Red\n");
    assertShows("  the first: has 1 of 2 words: lamp; like “White chair” (cosine 0.24)\n");
  }

  @Test
  void coloursWhereColourIsWanted() {
    show(new Ansi(true));
    assertShows("\u001b[1mtiny@1\u001b[0m");
  }

  @Test
  void keepsATextObjectiveAmongThree() {
    var all =
        List.of(
            objective("a", false),
            objective("b", false),
            objective("c", false),
            objective("d", true));
    assertEquals(List.of(all.get(0), all.get(1), all.get(3)), Casting.objectives(all));
    assertEquals(all.subList(0, 2), Casting.objectives(all.subList(0, 2)));
    var own = new Objective("e", "e", Objective.TextUse.REQUIRED, Objective.Rules.NONE, true);
    assertEquals(all.subList(0, 1), Casting.objectives(List.of(all.get(0), own)));
  }

  private static Objective objective(String name, boolean text) {
    return new Objective(name, name, text ? Objective.TextUse.REQUIRED : Objective.TextUse.NONE);
  }

  @Test
  void picksTheSameUsersEveryTime() {
    var once = Casting.of(space);
    assertEquals(once, Casting.of(space));
    assertEquals(3, once.users().stream().map(user -> user.user().id()).distinct().count());
  }
}
