package io.trawl.space;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads every number of the arrays once and refuses those that would poison an answer. */
final class ArrayChecks {

  private ArrayChecks() {}

  static void finite(String file, ItemVectors vectors) {
    for (var ordinal = 0; ordinal < vectors.count(); ordinal++) {
      for (var d = 0; d < vectors.width(); d++) {
        finite(file, ordinal, d, vectors.at(ordinal, d));
      }
    }
  }

  static void finite(String file, ItemEmbeddings embeddings) {
    var row = new float[embeddings.width()];
    for (var ordinal = 0; ordinal < embeddings.count(); ordinal++) {
      embeddings.copyRow(ordinal, row, 0);
      for (var e = 0; e < row.length; e++) {
        finite(file, ordinal, e, row[e]);
      }
    }
  }

  private static void finite(String file, int row, int column, float number) {
    if (!Float.isFinite(number)) {
      throw new SpaceRefused(
          file, "row %d holds %s at column %d".formatted(row, number, column), "a finite number");
    }
  }

  /** A row of one byte, 0 or 1. */
  static boolean flag(String file, MemorySegment rows, int row) {
    var found = rows.get(ValueLayout.JAVA_BYTE, row);
    if (found != 0 && found != 1) {
      throw new SpaceRefused(file, "row %d holds %d".formatted(row, found & 0xff), "0 or 1");
    }
    return found == 1;
  }

  static void inRange(String file, NeighbourTable table) {
    for (var ordinal = 0; ordinal < table.count(); ordinal++) {
      for (var rank = 0; rank < table.degree(); rank++) {
        var neighbour = table.at(ordinal, rank);
        if (neighbour < -1 || neighbour >= table.count() || neighbour == ordinal) {
          throw new SpaceRefused(
              file,
              "row %d holds %d at rank %d".formatted(ordinal, neighbour, rank),
              "another item's ordinal below %d, or -1".formatted(table.count()));
        }
      }
    }
  }
}
