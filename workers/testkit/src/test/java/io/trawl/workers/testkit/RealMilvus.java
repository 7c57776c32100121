package io.trawl.workers.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A real Milvus, or milvus-lite, as a process of this machine on a free port.
 *
 * <p>The repository's {@code servers/run hold} installs it where it is missing, guards its start
 * and ends it as soon as this JVM closes it or is gone. What it holds lies in its data folder: a
 * later one on that folder has it again.
 */
public final class RealMilvus implements AutoCloseable {

  /**
   * Settings under which a call takes as long as it takes, not as long as the server sleeps between
   * two looks: how fresh a read may be, when a segment is sealed, when it is indexed and loaded.
   */
  private static final List<String> WAKEFUL =
      List.of(
          "proxy.timeTickInterval=50",
          "dataNode.timetick.interval=100",
          "dataCoord.segment.assignmentExpiration=200",
          "indexCoord.scheduler.interval=100",
          "queryCoord.checkInterval=100",
          "queryCoord.distPullInterval=100");

  private static final String NAME = "real Milvus";
  private static final String LITE_NAME = "milvus-lite";

  private final HeldServer held;

  private RealMilvus(HeldServer held) {
    this.held = held;
  }

  /**
   * Starts Milvus 2.3.5 and waits until it answers.
   *
   * @param data its folder; nobody else's while it runs
   * @throws IllegalStateException where it cannot be installed or started; the message says why
   */
  public static RealMilvus start(Path data) {
    return new RealMilvus(HeldServer.start(NAME, data.resolve("state"), options(data)));
  }

  /** Starts milvus-lite, otherwise as {@link #start}. */
  public static RealMilvus startLite(Path data) {
    return new RealMilvus(HeldServer.start(LITE_NAME, data.resolve("state"), liteOptions(data)));
  }

  /**
   * The Milvus that all tests of one build share, in whichever of its JVMs; it ends with the build.
   * Collections need names that no other test has.
   */
  public static RealMilvus shared() {
    return Shared.MILVUS;
  }

  /** The milvus-lite that they share. */
  public static RealMilvus sharedLite() {
    return SharedLite.LITE;
  }

  private static final class SharedLite {
    static final RealMilvus LITE =
        new RealMilvus(HeldServer.shared(LITE_NAME, "milvus-lite", RealMilvus::liteOptions));
  }

  private static final class Shared {
    static final RealMilvus MILVUS =
        new RealMilvus(HeldServer.shared(NAME, "milvus", RealMilvus::options));
  }

  private static List<String> options(Path data) {
    return Stream.of(List.of("--milvus", data.toString(), "--"), WAKEFUL)
        .flatMap(List::stream)
        .toList();
  }

  private static List<String> liteOptions(Path data) {
    return List.of("--milvus-lite", data.toString());
  }

  public int port() {
    return held.port("grpc");
  }

  /** {@code 127.0.0.1:port}. */
  public String endpoint() {
    return "127.0.0.1:" + port();
  }

  /** The server itself, to be signalled. */
  public ProcessHandle process() {
    return held.process().orElseThrow();
  }

  public Path log() {
    return held.log();
  }

  /** Ends it, unless it is {@link #shared}, and returns when it is gone. */
  @Override
  public void close() {
    held.close();
  }
}
