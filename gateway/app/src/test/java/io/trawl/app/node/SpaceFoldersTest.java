package io.trawl.app.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may activate a space may activate those that are meant, and learns nothing of others. */
class SpaceFoldersTest {

  private Path root = Path.of("");
  private Path spaces = Path.of("");

  @BeforeEach
  void make(@TempDir Path folder) throws IOException {
    root = folder.toRealPath();
    spaces = Files.createDirectory(root.resolve("spaces"));
    for (var name : List.of("spaces/one", "spaces/two", "spaces-of-others", "elsewhere")) {
      Files.createDirectory(root.resolve(name));
    }
  }

  @Test
  void theFirstSpaceHasItsOwnFolder() throws IOException {
    var link = Files.createSymbolicLink(root.resolve("current"), spaces.resolve("one"));
    for (var first : List.of(spaces.resolve("one"), link)) {
      var folders = new SpaceFolders(List.of(), first);
      assertEquals(spaces.resolve("two"), folders.within(spaces.resolve("two")));
      assertThrows(IllegalArgumentException.class, () -> folders.within(root.resolve("elsewhere")));
    }
  }

  @Test
  void linksAreFollowedBothWays() throws IOException {
    var out = Files.createSymbolicLink(spaces.resolve("out"), root.resolve("elsewhere"));
    var in = Files.createSymbolicLink(root.resolve("in"), spaces.resolve("two"));
    var top = Files.createSymbolicLink(root.resolve("top"), spaces);
    var folders = new SpaceFolders(List.of(top.toString()), Path.of("unused"));
    assertThrows(IllegalArgumentException.class, () -> folders.within(out));
    assertEquals(spaces.resolve("two"), folders.within(in));
    assertEquals(spaces.resolve("two"), folders.within(top.resolve("two")));
  }

  @Test
  void nothingTellsWhatIsElsewhere() {
    var folders = new SpaceFolders(List.of(spaces.toString()), Path.of("unused"));
    var told =
        Stream.of(
                root.resolve("elsewhere"),
                root.resolve("not-there"),
                root.resolve("spaces-of-others"),
                spaces.resolve("../elsewhere"),
                spaces.resolve("not-there"),
                spaces,
                Path.of("/"),
                Path.of("/etc/passwd/x"),
                Path.of(""))
            .map(
                path ->
                    assertThrows(IllegalArgumentException.class, () -> folders.within(path))
                        .getMessage())
            .collect(Collectors.toSet());
    assertEquals(1, told.size(), told.toString());
  }
}
