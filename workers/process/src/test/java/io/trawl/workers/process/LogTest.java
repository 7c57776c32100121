package io.trawl.workers.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LogTest {

  @Test
  void whoPrintsDoesNotWaitForOneWhoDoesNotRead() throws InterruptedException {
    var reads = new CountDownLatch(1);
    var written = new CountDownLatch(1);
    var pipe = new Unread(reads, written);
    assertTimeoutPreemptively(
        Duration.ofMinutes(1), () -> Log.say(new PrintStream(pipe, true, UTF_8), "ports"));
    assertEquals(0, pipe.size());
    reads.countDown();
    written.await();
    assertEquals("ports", pipe.toString(UTF_8).strip());
  }

  @Test
  void whatIsReadIsPrintedBeforeItGoesOn() {
    var read = new ByteArrayOutputStream();
    Log.say(new PrintStream(read, true, UTF_8), "one\ntwo");
    assertEquals("one\ntwo", read.toString(UTF_8).strip());
  }

  /** A pipe that is full until somebody reads. */
  private static final class Unread extends ByteArrayOutputStream {
    private final CountDownLatch reads;
    private final CountDownLatch written;

    Unread(CountDownLatch reads, CountDownLatch written) {
      this.reads = reads;
      this.written = written;
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      try {
        reads.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      super.write(bytes, from, count);
      written.countDown();
    }
  }
}
