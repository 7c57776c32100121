package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends every request of docs/api to a whole gateway over the demo space and compares the answers
 * with what the pages print. After a change that is meant, print the answers anew and read the
 * difference:
 *
 * <pre>mvn -Pquick -pl gateway/app -am test -Dtest=DocsTest \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dtrawl.docs.write=true</pre>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocsTest {

  private static final Path ROOT = Path.of("..", "..");
  private static final Path PAGES = ROOT.resolve("docs/api");

  /** Busy machines are slow, and an answer cut short by its deadline is another answer. */
  private static final String CONFIGURATION =
      """
      listen: {http-port: 0, grpc-port: 0}
      admin: {port: 0}
      limits: {default-deadline: 10s}
      """;

  private final Vertx vertx = Vertx.vertx();
  private final Space space =
      Space.open(ROOT.resolve(TrawlConfig.DEMO_SPACE), Verification.CHECKSUMS);
  private LocalNode node;
  private DocCalls calls;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    var file = Files.writeString(folder.resolve("trawl.yaml"), CONFIGURATION);
    var config = TrawlConfig.read(file, Map.of()).withSpace(ROOT.resolve(TrawlConfig.DEMO_SPACE));
    node =
        LocalNode.start(
            vertx, config, space, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    calls = new DocCalls(vertx, node.ports());
  }

  @AfterAll
  void stop() {
    calls.close();
    Running.await(node.close(), "the end");
    Running.await(vertx.close(), "the end");
    space.close();
  }

  private static List<DocPage> pages() {
    try (var files = Files.list(PAGES)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .map(DocPage::read)
          .toList();
    } catch (IOException unreadable) {
      throw new AssertionError(PAGES.toString(), unreadable);
    }
  }

  @TestFactory
  Stream<DynamicTest> everyPagePrintsWhatIsAnswered() {
    return pages().stream()
        .map(
            page ->
                DynamicTest.dynamicTest(page.file().getFileName().toString(), () -> check(page)));
  }

  private void check(DocPage page) throws IOException {
    assertEquals(0, page.unanswered(), "requests without an answer");
    if (Boolean.getBoolean("trawl.docs.write")) {
      page.write(calls::answer);
      return;
    }
    for (var example : page.examples()) {
      var answered = calls.answer(example);
      if (!DocJson.same(example.answer(), answered)) {
        assertEquals(example.answer(), answered, example.request());
      }
    }
  }

  @Test
  void everyPageIsInTheIndexAndHasARequest() throws IOException {
    var index = Files.readString(PAGES.resolve("README.md"));
    for (var page : pages()) {
      var name = page.file().getFileName().toString();
      if (!name.equals("README.md")) {
        assertTrue(index.contains("(" + name + ")"), () -> "the index lacks " + name);
        assertFalse(page.examples().isEmpty(), name);
      }
    }
  }

  @Test
  void differentAnswersAreToldApart() {
    assertTrue(DocJson.same("{\"a\": 1.0, \"micros\": 3}", "{\"micros\": 9, \"a\": 1.0004}"));
    assertFalse(DocJson.same("{\"a\": 1.0}", "{\"a\": 1.1}"));
    assertFalse(DocJson.same("{\"a\": [1]}", "{\"a\": [1, 2]}"));
    assertFalse(DocJson.same("{\"a\": 1}", "{\"a\": 1, \"b\": 1}"));
    var list = "event: list\ndata: {\"round\": 1}";
    var answer = "event: answer\ndata: {}";
    assertTrue(DocJson.same(list + "\n\n" + answer, answer));
    assertFalse(DocJson.same(list + "\n\n" + answer, list));
    assertFalse(DocJson.same(answer, list + "\n\n" + answer));
  }
}
