package io.trawl.bench.load;

import io.trawl.app.files.WholeFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lines into a file, written by a thread of its own: who hands one over never waits. What finds the
 * queue full is counted. The file is there, under its name, when it is whole.
 */
final class Lines implements AutoCloseable {

  private static final int WAITING = 10_000;
  private static final String END = "\n";

  private final ArrayBlockingQueue<String> waiting = new ArrayBlockingQueue<>(WAITING);
  private final LongAdder dropped = new LongAdder();
  private final Path file;
  private final Path aside;
  private final BufferedWriter out;
  private final Thread writer;

  private Lines(Path file) throws IOException {
    this.file = file;
    this.aside = Files.exists(file) && !Files.isRegularFile(file) ? file : WholeFile.aside(file);
    this.out = Files.newBufferedWriter(aside);
    this.writer = Thread.ofPlatform().daemon().name("bench-lines").unstarted(this::write);
  }

  static Lines to(Path file) throws IOException {
    var lines = new Lines(file);
    lines.writer.start();
    return lines;
  }

  void line(String line) {
    if (!waiting.offer(line)) {
      dropped.increment();
    }
  }

  /** Lines that found no room, or could not be written. */
  long dropped() {
    return dropped.sum();
  }

  private void write() {
    try {
      for (var line = waiting.take(); !line.equals(END); line = waiting.take()) {
        writeOne(line);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeOne(String line) {
    try {
      out.write(line);
      out.newLine();
    } catch (IOException _) {
      dropped.increment();
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    waiting.put(END);
    writer.join();
    out.close();
    if (!aside.equals(file)) {
      WholeFile.move(aside, file);
    }
  }
}
