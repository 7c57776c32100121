package io.trawl.bench.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What the kernel says of a process; nothing where there is no /proc, or no such process.
 *
 * @param residentMib of the whole process
 * @param peakMib the most that it ever was
 */
record ProcessFacts(boolean known, long residentMib, long peakMib, int descriptors, int threads) {

  private static final ProcessFacts UNKNOWN = new ProcessFacts(false, 0, 0, 0, 0);
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
  private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");

  static ProcessFacts of(OptionalLong pid) {
    if (pid.isEmpty()) {
      return UNKNOWN;
    }
    var proc = Path.of("/proc", Long.toString(pid.getAsLong()));
    try (var open = Files.list(proc.resolve("fd"))) {
      var status = Files.readString(proc.resolve("status"));
      return new ProcessFacts(
          true,
          number(RESIDENT, status) >> 10,
          number(PEAK, status) >> 10,
          (int) open.count(),
          (int) number(THREADS, status));
    } catch (IOException | java.io.UncheckedIOException _) {
      return UNKNOWN;
    }
  }

  private static long number(Pattern pattern, String text) {
    var found = pattern.matcher(text);
    return found.find() ? Long.parseLong(found.group(1)) : 0;
  }

  @Override
  public String toString() {
    return known
        ? "%,d MiB (peak %,d), %,d descriptors, %,d threads"
            .formatted(residentMib, peakMib, descriptors, threads)
        : "gone or not told";
  }
}
