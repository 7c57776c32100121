package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.process.OutOfMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ./trawl} starts the JVM with, by a JDK that says how it was started. */
class LaunchedJvmTest {

  private static final String TELLING_JAVA =
      """
      #!/usr/bin/env bash
      printf '%s\\n' "$@" "DJL_CACHE_DIR=$DJL_CACHE_DIR"
      """;

  /** With the options of the launcher, but for the class path and what is run. */
  private static final String EXHAUSTED_JAVA =
      """
      #!/usr/bin/env bash
      options=()
      until [ "$1" = -cp ]; do options+=("$1"); shift; done
      exec "$REAL_JAVA" "${options[@]}" io.trawl.app.Exhausted "$EXHAUSTED"
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

  private Process started(String verb, Map<String, String> more) throws IOException {
    var launcher =
        new ProcessBuilder(folder.resolve("trawl").toString(), verb).redirectErrorStream(true);
    var environment = launcher.environment();
    environment.keySet().removeIf(name -> name.startsWith("TRAWL_") || name.startsWith("JDK_JAVA"));
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("TRAWL_TMP", temporary.toString());
    environment.putAll(more);
    return launcher.start();
  }

  private Said trawl(String verb, Map<String, String> more) throws Exception {
    var process = started(verb, more);
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

    var jdkOptions = Map.of("JDK_JAVA_OPTIONS", "-XX:MaxRAMPercentage=70 -Xlog:gc");
    assertFalse(trawl("serve", jdkOptions).says("-XX:MaxRAMPercentage"));
    assertFalse(trawl("serve", jdkOptions).says("-Xlog"));
    assertTrue(trawl("serve", Map.of()).says("-Xlog:disable"));
  }

  /** Of it the JVM warns before any code of ours runs, and waits for who reads that. */
  @Test
  void theVectorApiIsForThoseWhoScoreItems() throws Exception {
    assertTrue(trawl("serve", Map.of()).says("--add-modules=jdk.incubator.vector"));
    assertFalse(trawl("worker", Map.of()).says("--add-modules"));
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

  /** Nobody reads what it says, and what it says fills the pipe. */
  @ParameterizedTest
  @ValueSource(strings = {"heap", "native-thread"})
  void memoryThatIsOutEndsTheProcessWhateverItsOutputIs(String where) throws Exception {
    Files.writeString(jdk.resolve("bin/java"), EXHAUSTED_JAVA);
    for (var verb : List.of("serve", "worker", "demo")) {
      var process = started(verb, exhausted("full-pipe-" + where));
      try {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), verb);
        assertEquals(OutOfMemory.STATUS, process.exitValue(), verb);
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void whatTheJvmItselfSaysIsInItsFolder() throws Exception {
    Files.writeString(jdk.resolve("bin/java"), EXHAUSTED_JAVA);
    var dumps = new HashMap<>(exhausted("heap"));
    dumps.put("TRAWL_HEAP_DUMP", Files.createDirectory(folder.resolve("dumps")).toString());
    assertEquals(OutOfMemory.STATUS, trawl("worker", dumps).status());
    // As its last line, in which the next process looks for it.
    var last = written("jvm.log").strip().lines().toList().getLast();
    assertTrue(last.startsWith("Terminating due to java.lang.OutOfMemoryError"), last);
    try (var dumped = Files.list(folder.resolve("dumps"))) {
      assertEquals(1, dumped.filter(file -> file.toString().endsWith(".hprof")).count());
    }
  }

  @Test
  void whatTheJvmWarnsOfIsInItsFolder() throws Exception {
    Files.writeString(jdk.resolve("bin/java"), EXHAUSTED_JAVA);
    var said = trawl("worker", exhausted("native-thread"));
    assertEquals(OutOfMemory.STATUS, said.status());
    assertTrue(said.says("trawl: out of memory"), said::toString);
    var warnings = written("jvm-warnings.log");
    assertTrue(warnings.contains("Failed to start the native thread"), warnings);
  }

  private static Map<String, String> exhausted(String where) {
    return Map.of(
        "REAL_JAVA",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "CLASSPATH",
        System.getProperty("java.class.path"),
        "TRAWL_JAVA_OPTS",
        "-Xmx128m -XX:TieredStopAtLevel=1 --add-modules=jdk.incubator.vector",
        "EXHAUSTED",
        where);
  }

  /** The text of a file of the one process that was started. */
  private String written(String file) throws IOException {
    try (var own = Files.list(temporary)) {
      return Files.readString(own.findFirst().orElseThrow().resolve(file));
    }
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
