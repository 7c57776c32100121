package io.trawl.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What a Java process on this machine holds, in MiB.
 *
 * @param heap in use right after a collection that was asked for, NaN where it cannot be told
 * @param resident of the whole process, NaN likewise
 */
public record ProcessMemory(double heap, double resident) {

  private static final Pattern USED = Pattern.compile("total [^\\n]*used (\\d+)K");
  private static final Pattern ZGC_USED = Pattern.compile("used (\\d+)M");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /** Asks the process for a collection, and takes some hundred milliseconds. */
  public static ProcessMemory of(long pid) {
    jcmd(pid, "GC.run");
    var heap = jcmd(pid, "GC.heap_info");
    var kibibytes = number(USED, heap) / 1024;
    return new ProcessMemory(
        Double.isNaN(kibibytes) ? number(ZGC_USED, heap) : kibibytes,
        number(RESIDENT, status(pid)) / 1024);
  }

  private static String jcmd(long pid, String command) {
    try {
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(pid),
                  command)
              .redirectErrorStream(true)
              .start();
      var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said;
    } catch (IOException _) {
      return "";
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static String status(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "status"));
    } catch (IOException _) {
      return "";
    }
  }

  private static double number(Pattern pattern, String text) {
    var found = pattern.matcher(text);
    return found.find() ? Double.parseDouble(found.group(1)) : Double.NaN;
  }
}
