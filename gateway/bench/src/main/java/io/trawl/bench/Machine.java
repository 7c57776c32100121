package io.trawl.bench;

import io.trawl.retrieval.KernelChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The machine that a figure was taken on, in words: no figure means anything without it. */
public final class Machine {

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  static String words(KernelChoice kernel) {
    return "%s, %d cores; JDK %s; kernel %s (%s)"
        .formatted(
            processor(),
            Runtime.getRuntime().availableProcessors(),
            Runtime.version(),
            kernel.kernel().name(),
            kernel.reason());
  }

  public static String processor() {
    if (!Files.isReadable(CPUINFO)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      var facts = lines.takeWhile(line -> !line.isBlank()).toList();
      return "%s (family %s, model %s, %s)"
          .formatted(
              fact(facts, "model name"),
              fact(facts, "cpu family"),
              fact(facts, "model"),
              fact(facts, "flags").contains(" avx512f") ? "AVX-512" : "no AVX-512");
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  private static String fact(Iterable<String> facts, String name) {
    for (var line : facts) {
      var colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "unknown";
  }
}
