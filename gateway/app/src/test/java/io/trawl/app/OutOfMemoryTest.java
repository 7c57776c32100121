package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.process.OutOfMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where memory is out, wherever that is, the process ends and says why; none of them would. */
class OutOfMemoryTest {

  private static final String LAST_LINE =
      "trawl: out of memory, the process ends now with status 3: ";

  private static final int PATIENCE_SECONDS = 60;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"event-loop", "compute", "thread", "cause", "netty"})
  void whatJavaCodeThrowsEndsTheProcess(String where) throws Exception {
    var said = ended(where, List.of());
    assertTrue(said.contains(LAST_LINE), said);
    assertEquals(1, said.split(LAST_LINE, -1).length - 1, said);
  }

  /** The JVM says so itself. */
  @Test
  void aHeapThatIsOutEndsTheProcess() throws Exception {
    var said = ended("heap", List.of("-XX:+ExitOnOutOfMemoryError"));
    assertTrue(said.contains("Terminating due to java.lang.OutOfMemoryError"), said);
  }

  /** Without the JVM's option too, but for a line that there may be no memory for. */
  @Test
  void aHeapThatIsOutEndsTheProcessWithoutTheOption() throws Exception {
    ended("heap", List.of());
  }

  @Test
  void aHeapDumpIsWrittenWhereTheJvmIsAskedForOne() throws Exception {
    var said =
        ended(
            "event-loop", List.of("-XX:+HeapDumpOnOutOfMemoryError", "-XX:HeapDumpPath=" + folder));
    try (var written = Files.list(folder)) {
      assertEquals(1, written.filter(file -> file.toString().endsWith(".hprof")).count(), said);
    }
    assertTrue(said.contains(LAST_LINE), said);
  }

  /** A log that nobody reads holds nothing up. */
  @Test
  void aPipeThatIsFullDoesNotKeepTheProcessAlive() throws Exception {
    var process = started("full-pipe", List.of());
    try {
      assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertEquals(OutOfMemory.STATUS, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process started(String where, List<String> flags) throws IOException {
    var all = new ArrayList<>(flags);
    all.add("-XX:MaxDirectMemorySize=32m");
    return ForkedJvm.of(Exhausted.class, all, List.of(where)).redirectErrorStream(true).start();
  }

  /** What it said before it ended, as it should. */
  private static String ended(String where, List<String> flags) throws Exception {
    var process = started(where, flags);
    try {
      var said = ForkedJvm.output(process);
      assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), said);
      assertEquals(OutOfMemory.STATUS, process.exitValue(), said);
      return said;
    } finally {
      process.destroyForcibly();
    }
  }
}
