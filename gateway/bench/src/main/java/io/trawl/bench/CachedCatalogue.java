package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.NeighbourTable;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * A made-up catalogue and its graph as memory maps. Made once and kept in files whose names say
 * what they hold; a file gets its name when it is whole.
 */
final class CachedCatalogue implements AutoCloseable {

  static final int DEGREE = 32;

  private static final long SEED = 1;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Arena arena = Arena.ofShared();
  private final SyntheticCatalogue made;
  private final ItemVectors items;
  private final Path neighbourFile;
  private final PrintStream progress;

  CachedCatalogue(int count, int seed, Path cache, PrintStream progress) throws IOException {
    this.made = new SyntheticCatalogue(seed);
    this.progress = progress;
    var name = "catalogue-%d-%d".formatted(count, seed);
    Files.createDirectories(cache);
    var width = SyntheticCatalogue.WIDTH;
    this.items =
        new ItemVectors(
            mapped(
                cache.resolve(name + ".vectors"),
                (long) count * width * Float.BYTES,
                segment -> writeItems(segment, count)),
            count,
            width);
    this.neighbourFile = cache.resolve(name + ".neighbours");
  }

  SyntheticCatalogue made() {
    return made;
  }

  ItemVectors items() {
    return items;
  }

  /**
   * The graph; made at the first call where no file holds it, which takes minutes for a million.
   */
  NeighbourTable neighbours() throws IOException {
    var bytes = (long) items.count() * DEGREE * Integer.BYTES;
    return table(mapped(neighbourFile, bytes, segment -> writeNeighbours(segment, bytes)));
  }

  @Override
  public void close() {
    arena.close();
  }

  private void writeItems(MemorySegment segment, int count) {
    var width = SyntheticCatalogue.WIDTH;
    made.items(
        count,
        (ordinal, vector) ->
            MemorySegment.copy(
                vector, 0, segment, ItemVectors.FLOAT, (long) ordinal * width * Float.BYTES, width),
        shown("items"));
  }

  /** Brute force within lists, then one pass over neighbours of neighbours. */
  private void writeNeighbours(MemorySegment segment, long bytes) {
    try (var working = Arena.ofConfined()) {
      var lists = working.allocate(bytes, Integer.BYTES);
      new NeighbourLists(items, DEGREE, SEED)
          .build((ordinal, row) -> put(lists, ordinal, row), shown("neighbours"));
      new NeighbourDescent(items, table(lists), Kernels.choose().kernel())
          .run((ordinal, row) -> put(segment, ordinal, row), shown("better neighbours"));
    }
  }

  private static void put(MemorySegment segment, int ordinal, int[] row) {
    MemorySegment.copy(row, 0, segment, INT, (long) ordinal * DEGREE * Integer.BYTES, DEGREE);
  }

  private NeighbourTable table(MemorySegment segment) {
    return new NeighbourTable(segment, items.count(), DEGREE);
  }

  private DoubleConsumer shown(String what) {
    var percent = new int[] {-1};
    return share -> {
      if ((int) (100 * share) > percent[0]) {
        percent[0] = (int) (100 * share);
        progress.printf("\rmaking %s: %d %%%s", what, percent[0], share < 1 ? "" : "\n");
      }
    };
  }

  private MemorySegment mapped(Path file, long bytes, Consumer<MemorySegment> write)
      throws IOException {
    if (!Files.exists(file) || Files.size(file) != bytes) {
      var part = file.resolveSibling(file.getFileName() + ".part");
      try (var writing = Arena.ofConfined();
          var channel =
              FileChannel.open(
                  part,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE)) {
        write.accept(channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, writing));
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
    }
  }
}
