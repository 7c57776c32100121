package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How {@code ./trawl} builds a fresh checkout, by a Maven that ends when it is told to. */
class LaunchedBuildTest {

  private static final String BUILDS = "trawl: building, once for this state of the sources";

  private static final String MAVEN =
      """
      #!/usr/bin/env bash
      echo build >>builds
      read -r _ <go
      mkdir -p gateway/app/target/quick
      echo some.jar >gateway/app/target/quick/dependencies
      """;

  /** What the launcher calls, and no flock among it. */
  private static final List<String> PROGRAMS =
      List.of(
          "bash cat dirname find ln mkdir mktemp readlink rm rmdir sed sleep touch uname"
              .split(" "));

  @TempDir private Path folder;
  private Path programs;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void makeACheckout() throws Exception {
    copy("trawl");
    copy("servers/environment.sh");
    for (var source : List.of("gateway", "workers", "milvus")) {
      Files.createDirectory(folder.resolve(source));
    }
    Files.writeString(folder.resolve("pom.xml"), "");
    programs = Files.createDirectories(folder.resolve("jdk/bin"));
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    program("javac", "");
    program("java", "#!/usr/bin/env bash\necho runs\n");
    program("mvn", MAVEN);
    assertEquals(
        0, new ProcessBuilder("mkfifo", folder.resolve("go").toString()).start().waitFor());
  }

  private void copy(String file) throws IOException {
    Files.createDirectories(folder.resolve(file).getParent());
    Files.copy(Path.of("../..", file), folder.resolve(file));
  }

  private void program(String name, String text) throws IOException {
    Files.writeString(programs.resolve(name), text);
    programs.resolve(name).toFile().setExecutable(true);
  }

  @AfterEach
  void end() {
    for (var process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private BufferedReader trawl(String verb, String path) throws IOException {
    var launcher =
        new ProcessBuilder("bash", "trawl", verb)
            .directory(folder.toFile())
            .redirectErrorStream(true);
    launcher.environment().keySet().removeIf(name -> name.startsWith("TRAWL_"));
    launcher.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    launcher.environment().put("TRAWL_TMP", folder.toString());
    launcher.environment().put("PATH", programs + path);
    var process = launcher.start();
    started.add(process);
    return process.inputReader();
  }

  @Test
  @Timeout(60)
  void twoThatStartAtOnceBuildOnce() throws Exception {
    assertOneBuilds(":" + System.getenv("PATH"));
  }

  @Test
  @Timeout(60)
  void withoutFlockToo() throws Exception {
    leaveFlockOut();
    assertOneBuilds("");
  }

  /** As a process leaves it that was killed in its build. */
  @Test
  @Timeout(60)
  void theTurnOfOneThatIsDeadIsTakenOver() throws Exception {
    leaveFlockOut();
    var dead = new ProcessBuilder("true").start();
    dead.waitFor();
    var turn = Files.createDirectory(folder.resolve("target")).resolve("turn");
    Files.createSymbolicLink(turn, Path.of(Long.toString(dead.pid())));
    var worker = trawl("worker", "");
    assertEquals(BUILDS, worker.readLine());
    Files.writeString(folder.resolve("go"), "\n");
    assertEquals("runs", worker.readLine());
    assertFalse(Files.exists(turn, LinkOption.NOFOLLOW_LINKS));
  }

  private void leaveFlockOut() throws IOException {
    for (var name : PROGRAMS) {
      for (var bin : List.of("/usr/bin", "/bin")) {
        if (Files.isExecutable(Path.of(bin, name)) && !Files.exists(programs.resolve(name))) {
          program(name, "#!/bin/sh\nexec %s/%s \"$@\"\n".formatted(bin, name));
        }
      }
    }
  }

  private void assertOneBuilds(String path) throws Exception {
    var worker = trawl("worker", path);
    var gateway = trawl("serve", path);
    var waits =
        "trawl: another run is at work in %s; waiting until it has ended"
            .formatted(folder.toRealPath().resolve("target"));
    assertEquals(Set.of(BUILDS, waits), Set.copyOf(List.of(worker.readLine(), gateway.readLine())));
    Files.writeString(folder.resolve("go"), "\n");
    assertEquals("runs", worker.readLine());
    assertEquals("runs", gateway.readLine());
    for (var process : started) {
      assertEquals(0, process.waitFor());
    }
    assertEquals(List.of("build"), Files.readAllLines(folder.resolve("builds")));
  }
}
