package io.trawl.workers.process;

/** The first thing that a program of ours does. */
public final class ThisProcess {

  private ThisProcess() {}

  /** To be called once, before anything else is loaded. */
  public static void begin() {
    OutOfMemory.watch();
    JdkLogging.handOver();
    Log.flushAtExit();
    TemporaryFolder.begin();
  }
}
