package io.trawl.app;

import io.trawl.app.node.TrawlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;

/** The demo space once more, for who changes it. */
final class DemoCopy {

  static final Path DEMO = Path.of("..", "..").resolve(TrawlConfig.DEMO_SPACE);

  private DemoCopy() {}

  /** Into a folder that may be there. */
  static void into(Path folder) throws IOException {
    into(folder, _ -> true);
  }

  /** The files that are wanted alone. */
  static void into(Path folder, Predicate<Path> wanted) throws IOException {
    try (var files = Files.walk(DEMO)) {
      for (var file : (Iterable<Path>) files::iterator) {
        var target = folder.resolve(DEMO.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (wanted.test(file)) {
          Files.copy(file, target);
        }
      }
    }
  }
}
