package io.trawl.app.node;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The directories from below which spaces may be activated. What is not below one of them is
 * refused in the same words whether it is there or not: who may ask for spaces may not look around.
 */
final class SpaceFolders {

  private final List<Path> folders;

  /**
   * @param folders the configured ones; empty stands for the one that the first space is in
   * @param first the space that is served first
   */
  SpaceFolders(List<String> folders, Path first) {
    this.folders =
        folders.isEmpty()
            ? List.of(followed(first).resolveSibling(""))
            : folders.stream().map(Path::of).toList();
  }

  private static Path followed(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException _) {
      return path.toAbsolutePath().normalize();
    }
  }

  /**
   * Where a directory really is. Waits for the disk.
   *
   * @throws IllegalArgumentException where that is not below one of the directories
   */
  Path within(Path directory) {
    try {
      var real = directory.toRealPath();
      for (var folder : folders) {
        if (isBelow(real, folder)) {
          return real;
        }
      }
    } catch (IOException | SecurityException _) {
      // As what is there and somewhere else.
    }
    throw new IllegalArgumentException(
        "directory is no space below a directory that admin.spaces names");
  }

  private static boolean isBelow(Path real, Path folder) {
    try {
      var top = folder.toRealPath();
      return real.startsWith(top) && !real.equals(top);
    } catch (IOException _) {
      return false;
    }
  }
}
