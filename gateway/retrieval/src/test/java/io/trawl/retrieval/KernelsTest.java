package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM that cannot run the vector kernel must start all the same, and say why it is slow. */
class KernelsTest {

  @Test
  void takesThePlainKernelWithoutTheVectorModule() throws Exception {
    assertChooses("plain: module jdk.incubator.vector is absent");
  }

  @Test
  void takesThePlainKernelWithoutFusedMultiplyAdd() throws Exception {
    assertChooses(
        "plain: the JVM emits no fused multiply-add",
        "--add-modules=jdk.incubator.vector",
        "-XX:-UseFMA");
  }

  @Test
  void takesTheVectorKernelWhereItRuns() throws Exception {
    assertChooses("vector-", "--add-modules=jdk.incubator.vector");
  }

  private static void assertChooses(String expected, String... flags)
      throws IOException, InterruptedException {
    var command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(Arrays.asList(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.lines().anyMatch(line -> line.startsWith(expected)), output);
  }

  /** What the other JVM runs. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      var choice = Kernels.choose();
      System.out.println(choice.kernel().name() + ": " + choice.reason());
    }
  }
}
