package io.trawl.workers.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a process keeps what libraries unpack, and what it stages itself: a folder of its own,
 * which {@code ./trawl} makes and gives it as {@code java.io.tmpdir}. It goes with the process; of
 * one that was killed, the next one of ours to start takes it away.
 *
 * <p>Whose a folder is says a file in it, by process id and time of start, which is locked while
 * the process lives: a process of another container that shares the folder shows in the lock alone.
 */
final class TemporaryFolder {

  static final String PREFIX = "trawl-run-";
  static final String OWNER = "owner";

  /** What the JVM itself says goes there: {@code ./trawl} asks for that. */
  static final String JVM_LOG = "jvm.log";

  /** What it writes last where the heap is out, when no code of ours runs any more. */
  private static final String OUT_OF_MEMORY = "Terminating due to ";

  private static final int LAST_BYTES = 1 << 14;

  /** A folder that nobody has claimed in this time is nobody's. */
  static final Duration UNCLAIMED = Duration.ofDays(1);

  /** Clocks are set right now and then, and the system tells starts by them. */
  private static final Duration CLOCK_ERROR = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);

  /** Held as long as the process lives, and nobody's otherwise. */
  @SuppressWarnings("UnusedVariable")
  private static @Nullable FileLock claim;

  private TemporaryFolder() {}

  /** Claims the folder that this process was given, and takes away what others left beside it. */
  static void begin() {
    var own = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    var beside = own.getParent();
    if (beside == null || !isOfAProcess(own)) {
      return;
    }
    try {
      claim = claim(own, ProcessHandle.current());
    } catch (IOException e) {
      LOG.warn("the temporary folder {} cannot be written: {}", own, IoReason.of(e));
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("trawl-files-end").unstarted(() -> deleteAll(own)));
    // On a thread of its own: whoever starts does not wait for what others left.
    Thread.ofPlatform()
        .daemon()
        .name("trawl-files")
        .start(() -> clean(beside, own, InstantSource.system()));
  }

  private static boolean isOfAProcess(Path folder) {
    return String.valueOf(folder.getFileName()).startsWith(PREFIX);
  }

  static FileLock claim(Path folder, ProcessHandle process) throws IOException {
    var channel =
        FileChannel.open(
            folder.resolve(OWNER), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    // Before it says whose it is: what is read is locked.
    var lock = channel.lock();
    channel.write(ByteBuffer.wrap(Owner.of(process).toString().getBytes(StandardCharsets.UTF_8)));
    return lock;
  }

  /**
   * @param startMillis 0 where the system does not say
   */
  record Owner(long pid, long startMillis) {

    static Owner of(ProcessHandle process) {
      return new Owner(process.pid(), millis(process));
    }

    private static long millis(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    static Optional<Owner> parse(String text) {
      var parts = text.split(" ", -1);
      try {
        return parts.length == 2
            ? Optional.of(new Owner(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
            : Optional.empty();
      } catch (NumberFormatException _) {
        return Optional.empty();
      }
    }

    /** Whether a process of this id runs that may be the same. */
    boolean lives() {
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).map(this::may).orElse(false);
    }

    private boolean may(ProcessHandle process) {
      long started = millis(process);
      return startMillis == 0
          || started == 0
          || Math.abs(started - startMillis) < CLOCK_ERROR.toMillis();
    }

    @Override
    public String toString() {
      return pid + " " + startMillis;
    }
  }

  /** Deletes what processes of ours that live no longer left in a folder; returns what that was. */
  static List<Path> clean(Path folder, Path own, InstantSource clock) {
    var cleaned = new ArrayList<Path>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (var each : all) {
        if (!each.equals(own) && isOrphan(each, own, clock)) {
          sayWhyItEnded(each);
          if (deleteAll(each)) {
            cleaned.add(each);
          }
        }
      }
    } catch (IOException e) {
      LOG.warn("what killed processes left in {} was not looked for: {}", folder, e.getMessage());
    }
    if (!cleaned.isEmpty()) {
      LOG.info("deleted what {} killed processes left in {}", cleaned.size(), folder);
    }
    return cleaned;
  }

  /**
   * Of a process whose heap was out: it cannot say so itself, and its supervisor starts the next
   * one at once, which is us.
   */
  private static void sayWhyItEnded(Path folder) {
    var file = folder.resolve(JVM_LOG);
    try {
      var why = lastLine(file);
      if (why.startsWith(OUT_OF_MEMORY)) {
        LOG.warn(
            "process {} ended with status {} at {}, out of memory: {}",
            Owner.parse(Files.readString(folder.resolve(OWNER))).map(Owner::pid).orElse(0L),
            OutOfMemory.STATUS,
            Files.getLastModifiedTime(file).toInstant().truncatedTo(ChronoUnit.SECONDS),
            why.substring(OUT_OF_MEMORY.length()));
      }
    } catch (IOException _) {
      // One that somebody else started has no such file.
    }
  }

  /** Empty where there is none. */
  private static String lastLine(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      var last = ByteBuffer.allocate(LAST_BYTES);
      channel.read(last, Math.max(0, channel.size() - LAST_BYTES));
      var lines = new String(last.array(), 0, last.position(), StandardCharsets.UTF_8).strip();
      return lines.substring(lines.lastIndexOf('\n') + 1);
    }
  }

  /** Of the same user, and of no process that lives. What cannot be told is left alone. */
  private static boolean isOrphan(Path folder, Path own, InstantSource clock) {
    try {
      return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
          && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))
          && isOrphan(folder, clock);
    } catch (IOException | RuntimeException _) {
      return false;
    }
  }

  private static boolean isOrphan(Path folder, InstantSource clock) throws IOException {
    var file = folder.resolve(OWNER);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      var made = Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS).toInstant();
      return made.plus(UNCLAIMED).isBefore(clock.instant());
    }
    var owner = Owner.parse(Files.readString(file));
    return owner.isPresent() && !owner.get().lives() && !isLocked(file);
  }

  private static boolean isLocked(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        var lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException _) {
      return true;
    }
  }

  /** What cannot be deleted stays for the next one. */
  private static boolean deleteAll(Path folder) {
    try {
      FileTree.delete(folder);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
