package io.trawl.app.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.RetrievalOutcome;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/clients.md, run as it says there. */
class JavaExampleTest {

  private static final Path EXAMPLE = Path.of("..", "..", "clients", "java", "Retrieve.java");

  @Test
  void printsARankedListOrSaysWhatIsWrong(@TempDir Path directory) throws Exception {
    var vertx = Vertx.vertx();
    try (var space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS)) {
      var retriever =
          new ScriptedRetriever(
              space,
              request ->
                  request.objectives().getFirst().name().equals("next-item")
                      ? Optional.empty()
                      : Optional.of(
                          RetrievalOutcome.Invalid.of("objectives[0].name", "is unknown")));
      var edges = Edges.before(retriever, vertx);
      var port = Integer.toString(edges.grpcPort());
      var good = run(edges.host(), port, "next-item", "i1", "i2");
      assertEquals(0, good.status(), good.output());
      assertTrue(good.output().contains("   1 "), good.output());
      assertEquals("i2", retriever.received().getLast().user().history().getLast().itemId());
      var bad = run(edges.host(), port, "nope");
      assertEquals(2, bad.status(), bad.output());
      assertTrue(bad.output().contains("objectives[0].name: is unknown"), bad.output());
    } finally {
      vertx.close().await();
    }
  }

  private record Ran(int status, String output) {}

  private static Ran run(String... args) throws IOException, InterruptedException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var command =
        Stream.concat(
                Stream.of(java, "-cp", System.getProperty("java.class.path"), EXAMPLE.toString()),
                Arrays.stream(args))
            .toList();
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ran(process.waitFor(), output);
  }
}
