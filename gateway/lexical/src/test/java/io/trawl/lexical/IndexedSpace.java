package io.trawl.lexical;

import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Writes the tiny space with an index of its items. */
final class IndexedSpace {

  private IndexedSpace() {}

  static Path write(Path directory) {
    return write(directory, index -> {});
  }

  /**
   * @param edit of the index's files before they are listed
   */
  static Path write(Path directory, Consumer<SortedMap<String, byte[]>> edit) {
    var index = new TreeMap<>(files(directory));
    edit.accept(index);
    return TinySpace.in(directory).withLexical(IndexBuilder.ANALYSIS, index).write();
  }

  /** The files of an index over the tiny space's items. */
  static SortedMap<String, byte[]> files(Path directory) {
    try (var plain = Space.open(TinySpace.write(directory), Verification.SIZES)) {
      return IndexBuilder.files(plain.catalogue());
    }
  }
}
