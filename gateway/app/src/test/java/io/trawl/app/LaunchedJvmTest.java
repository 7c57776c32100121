package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./trawl} starts the JVM with, by a JDK that says how it was started. */
class LaunchedJvmTest {

  private static final String TELLING_JAVA =
      """
      #!/usr/bin/env bash
      printf '%s\\n' "$@" "DJL_CACHE_DIR=$DJL_CACHE_DIR"
      """;

  @TempDir private Path folder;
  private Path jdk;
  private Path temporary;

  @BeforeEach
  void makeACheckoutThatIsBuilt() throws IOException {
    Files.copy(Path.of("../../trawl"), folder.resolve("trawl"));
    folder.resolve("trawl").toFile().setExecutable(true);
    Files.writeString(folder.resolve("pom.xml"), "");
    Files.setLastModifiedTime(folder.resolve("pom.xml"), FileTime.from(Instant.EPOCH));
    var built = Files.createDirectories(folder.resolve("gateway/app/target/quick"));
    Files.createDirectory(folder.resolve("workers"));
    Files.createDirectory(folder.resolve("milvus"));
    Files.writeString(built.resolve("dependencies"), "some.jar");
    Files.writeString(built.resolve("built"), "");

    jdk = Files.createDirectory(folder.resolve("jdk"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    var programs = Files.createDirectory(jdk.resolve("bin"));
    for (var program : List.of("java", "javac")) {
      Files.writeString(programs.resolve(program), TELLING_JAVA);
      programs.resolve(program).toFile().setExecutable(true);
    }
    temporary = Files.createDirectory(folder.resolve("temporary"));
  }

  private record Said(int status, List<String> lines) {

    boolean says(String start) {
      return lines.stream().anyMatch(line -> line.startsWith(start));
    }

    String value(String start) {
      return lines.stream()
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .findFirst()
          .orElseThrow(() -> new AssertionError(start + " is not in " + lines));
    }
  }

  private Said trawl(String verb, Map<String, String> more) throws Exception {
    var launcher =
        new ProcessBuilder(folder.resolve("trawl").toString(), verb).redirectErrorStream(true);
    var environment = launcher.environment();
    environment.keySet().removeIf(name -> name.startsWith("TRAWL_") || name.startsWith("JDK_JAVA"));
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("TRAWL_TMP", temporary.toString());
    environment.putAll(more);
    var process = launcher.start();
    try {
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      return new Said(process.exitValue(), text.lines().toList());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void memoryHasBoundsThatFollowTheMachine() throws Exception {
    var gateway = trawl("serve", Map.of());
    assertEquals(0, gateway.status());
    assertTrue(gateway.says("-XX:+ExitOnOutOfMemoryError"));
    assertTrue(gateway.says("-XX:MaxRAMPercentage=50"));
    assertTrue(Long.parseLong(gateway.value("-XX:MaxDirectMemorySize=")) > 1 << 20);
    assertFalse(gateway.says("-XX:+HeapDump"));
    assertTrue(trawl("worker", Map.of()).says("-XX:MaxRAMPercentage=25"));
  }

  @Test
  void whatAUserSetsComesLastAndInPlaceOfOurs() throws Exception {
    var own =
        trawl("serve", Map.of("TRAWL_JAVA_OPTS", "-Xmx1g -Da=* -XX:MaxDirectMemorySize=5m"))
            .lines();
    assertTrue(own.containsAll(List.of("-Xmx1g", "-Da=*", "-XX:MaxDirectMemorySize=5m")));
    assertEquals(1, own.stream().filter(line -> line.contains("MaxDirectMemorySize")).count());
    assertFalse(own.toString().contains("MaxRAMPercentage"), own::toString);
    assertEquals(own.indexOf("-cp") - 1, own.indexOf("-XX:MaxDirectMemorySize=5m"));

    var jdkOptions = Map.of("JDK_JAVA_OPTIONS", "-XX:MaxRAMPercentage=70");
    assertFalse(trawl("serve", jdkOptions).says("-XX:MaxRAMPercentage"));
  }

  @Test
  void aHeapDumpIsAskedForWithItsFolder() throws Exception {
    var asked = trawl("serve", Map.of("TRAWL_HEAP_DUMP", temporary.toString()));
    assertTrue(asked.says("-XX:+HeapDumpOnOutOfMemoryError"));
    assertEquals(temporary.toString(), asked.value("-XX:HeapDumpPath="));
    assertRefused(
        "TRAWL_HEAP_DUMP is '/no/folder', expected a folder",
        trawl("serve", Map.of("TRAWL_HEAP_DUMP", "/no/folder")));
  }

  @Test
  void eachProcessHasAFolderOfItsOwnInTheOneThatIsNamed() throws Exception {
    var first = trawl("serve", Map.of());
    var second = Path.of(trawl("worker", Map.of()).value("-Djava.io.tmpdir="));
    var own = Path.of(first.value("-Djava.io.tmpdir="));
    assertEquals(temporary, own.getParent());
    assertEquals(temporary, second.getParent());
    assertFalse(own.equals(second));
    assertTrue(own.getFileName().toString().startsWith("trawl-run-"), own::toString);
    assertTrue(Files.isDirectory(own));
    assertEquals(own.resolve("djl").toString(), first.value("DJL_CACHE_DIR="));
    assertRefused(
        "TRAWL_TMP is '/no/folder', expected a folder that can be written",
        trawl("serve", Map.of("TRAWL_TMP", "/no/folder")));
  }

  private static void assertRefused(String why, Said said) {
    assertEquals(List.of("trawl: " + why), said.lines());
    assertEquals(2, said.status());
  }
}
