package io.trawl.app.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Half a file, or another one under a reader's map, is worse than none. */
class WholeFileTest {

  @Test
  void aReaderKeepsTheFileThatItMapped(@TempDir Path folder) throws IOException {
    var file = folder.resolve("file");
    WholeFile.write(file, "one");
    try (var channel = FileChannel.open(file)) {
      var map = channel.map(MapMode.READ_ONLY, 0, 3);
      WholeFile.write(file, "two and more");
      assertEquals("one", StandardCharsets.UTF_8.decode(map).toString());
    }
    assertEquals("two and more", Files.readString(file));
    assertEquals(List.of("file"), names(folder));
  }

  @Test
  void aFailedWriteLeavesWhatWasThere(@TempDir Path folder) throws IOException {
    var missing = folder.resolve("missing").resolve("file");
    assertThrows(IOException.class, () -> WholeFile.write(missing, "x"));
    assertEquals(List.of(), names(folder));
  }

  @Test
  void aLinkStaysOne(@TempDir Path folder) throws IOException {
    var file = Files.writeString(folder.resolve("file"), "one");
    var link = Files.createSymbolicLink(folder.resolve("link"), file);
    WholeFile.write(link, "two");
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("two", Files.readString(file));
  }

  @Test
  void aDeviceIsWrittenToAndNotReplaced() throws IOException {
    var device = Path.of("/dev/null");
    WholeFile.write(device, "gone");
    assertTrue(Files.exists(device) && !Files.isRegularFile(device));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
