package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fault that is thrown behind the one who could have handled it ends something else. */
class MemoryFaultTest {

  private static final int BYTES = 1 << 20;

  /** Enough for the compiler to take the reading into its caller. */
  private static final int WARM = 100_000;

  private int inside;

  @Test
  void isThrownWhereItIsAskedFor(@TempDir Path folder) throws IOException {
    var file = Files.write(folder.resolve("mapped"), new byte[BYTES]);
    try (var arena = Arena.ofShared()) {
      var map = map(file, arena);
      for (var i = 0; i < WARM; i++) {
        read(map);
      }
      assertEquals(0, inside);
      Files.write(file, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
      for (var i = 0; i < 100; i++) {
        read(map);
      }
      assertEquals(100, inside);
    }
  }

  @Test
  void isToldFromOtherFailures() {
    var fault = new InternalError("a fault occurred in an unsafe memory access operation");
    assertTrue(MemoryFault.isIn(fault));
    assertTrue(MemoryFault.isIn(new IllegalStateException("a step failed", fault)));
    assertFalse(MemoryFault.isIn(new InternalError("something else")));
    assertFalse(MemoryFault.isIn(null));
  }

  private void read(MemorySegment map) {
    try {
      var row = new float[16];
      MemorySegment.copy(map, ValueLayout.JAVA_FLOAT_UNALIGNED, BYTES / 2, row, 0, row.length);
      MemoryFault.throwPending();
    } catch (InternalError fault) {
      assertTrue(MemoryFault.isIn(fault));
      inside++;
    }
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (var channel = FileChannel.open(file)) {
      return channel.map(MapMode.READ_ONLY, 0, BYTES, arena);
    }
  }
}
