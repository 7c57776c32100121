package io.trawl.workers.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.trawl.workers.process.TemporaryFolder.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Only what is of ours and of the dead is deleted. */
class TemporaryFolderTest {

  private static final InstantSource NOW = InstantSource.system();

  /** No system gives out such a number. */
  private static final long NO_PROCESS = Long.MAX_VALUE;

  @TempDir private Path folder;
  private Path own;

  @BeforeEach
  void makeOwn() throws IOException {
    own = Files.createDirectory(folder.resolve(TemporaryFolder.PREFIX + "own"));
  }

  private Path left(String name, String owner) throws IOException {
    var root = folder.resolve(name);
    var deeper = Files.createDirectories(root.resolve("deep/er"));
    Files.writeString(deeper.resolve("lib.so"), "native");
    Files.writeString(root.resolve(TemporaryFolder.OWNER), owner);
    return root;
  }

  private Path leftByADeadOne(String name) throws IOException {
    return left(TemporaryFolder.PREFIX + name, new Owner(NO_PROCESS, 1).toString());
  }

  private List<Path> clean() {
    return TemporaryFolder.clean(folder, own, NOW);
  }

  @Test
  void whatADeadProcessLeftIsDeleted() throws IOException {
    var dead = leftByADeadOne("dead");
    assertEquals(List.of(dead), clean());
    assertFalse(Files.exists(dead));
    assertTrue(Files.exists(own));
  }

  @Test
  void whyADeadProcessEndedIsSaidWhereItsHeapWasOut() throws IOException {
    var ended = leftByADeadOne("ended").resolve(TemporaryFolder.JVM_LOG);
    Files.writeString(
        ended,
        "<tty>\n".repeat(10_000)
            + "Terminating due to java.lang.OutOfMemoryError: Java heap space\n");
    Files.setLastModifiedTime(ended, FileTime.from(Instant.parse("2026-01-02T03:04:05.678Z")));
    Files.writeString(
        leftByADeadOne("killed").resolve(TemporaryFolder.JVM_LOG),
        "Terminating due to java.lang.OutOfMemoryError is not its end\n<tty>\n");
    Files.createFile(leftByADeadOne("killed-at-once").resolve(TemporaryFolder.JVM_LOG));
    Files.createSymbolicLink(leftByADeadOne("with-a-link").resolve(TemporaryFolder.JVM_LOG), ended);
    leftByADeadOne("of-another-launcher");

    var logger = (Logger) LoggerFactory.getLogger(TemporaryFolder.class);
    var said = new ListAppender<ILoggingEvent>();
    said.start();
    logger.addAppender(said);
    logger.setLevel(Level.WARN);
    logger.setAdditive(false);
    assertEquals(5, clean().size());
    assertEquals(
        List.of(
            "process 9223372036854775807 ended with status 3 at 2026-01-02T03:04:05Z, out of"
                + " memory: java.lang.OutOfMemoryError: Java heap space"),
        said.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  @Test
  void aNumberThatAnotherProcessHasNowIsTheDeadOnes() throws IOException {
    var self = ProcessHandle.current();
    var reused =
        left(
            TemporaryFolder.PREFIX + "reused",
            new Owner(self.pid(), Owner.of(self).startMillis() - 60_000).toString());
    assertEquals(List.of(reused), clean());
  }

  @Test
  void whatALivingProcessHasStays() throws IOException {
    left(TemporaryFolder.PREFIX + "living", Owner.of(ProcessHandle.current()).toString());
    left(
        TemporaryFolder.PREFIX + "of-unknown-start",
        new Owner(ProcessHandle.current().pid(), 0).toString());
    assertEquals(List.of(), clean());
  }

  /** As one of another container has, whose number says nothing here. */
  @Test
  void whatIsLockedStays() throws IOException {
    var locked = Files.createDirectory(folder.resolve(TemporaryFolder.PREFIX + "locked"));
    var claim = TemporaryFolder.claim(locked, ProcessHandle.current());
    Files.writeString(locked.resolve(TemporaryFolder.OWNER), new Owner(NO_PROCESS, 1).toString());
    assertEquals(List.of(), clean());
    claim.acquiredBy().close();
    assertEquals(List.of(locked), clean());
  }

  @Test
  void whatIsNotOursStays() throws IOException {
    left("vertx-cache-1", new Owner(NO_PROCESS, 1).toString());
    left(TemporaryFolder.PREFIX + "strange", "no owner");
    Files.writeString(folder.resolve(TemporaryFolder.PREFIX + "file"), "");
    var elsewhere = leftByADeadOne("other");
    Files.move(elsewhere, folder.resolve("elsewhere"));
    Files.createSymbolicLink(
        folder.resolve(TemporaryFolder.PREFIX + "link"), folder.resolve("elsewhere"));
    assertEquals(List.of(), clean());
  }

  @Test
  void aLinkInWhatIsDeletedIsNotFollowed() throws IOException {
    var kept = Files.writeString(folder.resolve("kept"), "");
    var dead = leftByADeadOne("dead");
    Files.createSymbolicLink(dead.resolve("deep/link"), folder);
    assertEquals(List.of(dead), clean());
    assertTrue(Files.exists(kept));
  }

  @Test
  void whatNobodyClaimedStaysForADay() throws IOException {
    var unclaimed = Files.createDirectory(folder.resolve(TemporaryFolder.PREFIX + "unclaimed"));
    var made = Files.getLastModifiedTime(unclaimed).toInstant();
    var aDay = TemporaryFolder.UNCLAIMED;
    assertEquals(List.of(), cleanAt(made.plus(aDay)));
    assertEquals(List.of(unclaimed), cleanAt(made.plus(aDay).plusSeconds(1)));
  }

  private List<Path> cleanAt(Instant instant) {
    // What this test made for itself is as old, and in use.
    return TemporaryFolder.clean(folder, own, InstantSource.fixed(instant));
  }
}
