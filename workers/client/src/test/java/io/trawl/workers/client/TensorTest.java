package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values and bytes of a tensor. A wrong bit here is a wrong score everywhere. */
class TensorTest {

  @Test
  void rawBytesAreLittleEndian() {
    assertEquals(hex("0000803F000000C0"), Tensor.fp32("t", new long[] {2}, 1, -2).raw());
    assertEquals(hex("0100000000000000"), Tensor.int64("t", new long[] {1}, 1).raw());
    assertEquals(hex("FEFFFFFF"), Tensor.int32("t", new long[] {1}, -2).raw());
    assertEquals(hex("0100"), Tensor.bool("t", new long[] {2}, true, false).raw());
    assertEquals(hex("000000000000F03F"), Tensor.fp64("t", new long[] {}, 1).raw());
    assertEquals(hex("003C"), Tensor.fp16("t", new long[] {1}, 1).raw());
    assertEquals(hex("803F"), Tensor.bf16("t", new long[] {1}, 1).raw());
    assertEquals(hex("02000000C3BC00000000"), Tensor.text("t", new long[] {2}, "ü", "").raw());
  }

  @Test
  void valuesComeBack() {
    float[] floats = {0, -0f, 1.5f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY};
    assertArrayEquals(floats, Tensor.fp32("t", new long[] {2, 3}, floats).toFloats());
    long[] longs = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE};
    assertArrayEquals(longs, Tensor.int64("t", new long[] {4}, longs).toLongs());
    assertArrayEquals(new long[] {-1, 7}, Tensor.int32("t", new long[] {2}, -1, 7).toLongs());
    byte[][] strings = {{1, 2}, {}, "ü".getBytes(StandardCharsets.UTF_8)};
    byte[][] read = Tensor.bytes("t", new long[] {3}, strings).toBytesElements();
    assertEquals(3, read.length);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(strings[i], read[i]);
    }
  }

  @Test
  void everyHalfComesBackAsItself() {
    float[] halves = new float[1 << 16];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.float16ToFloat((short) i);
    }
    assertArrayEquals(halves, Tensor.fp16("t", new long[] {halves.length}, halves).toFloats());
  }

  @Test
  void bfloatsRoundToTheNearestTiesToEven() {
    long seed = new Random().nextLong();
    System.out.println("TensorTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (i % 4 == 0) {
        // An exact tie, which random bits hardly ever hit.
        value = Float.intBitsToFloat((random.nextInt() & 0xFFFF_0000) | 0x8000);
      }
      float rounded = Tensor.bf16("t", new long[] {1}, value).toFloats()[0];
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(rounded));
      } else {
        assertEquals(nearestBfloat(value), rounded, "of " + value);
      }
    }
  }

  @Test
  void aWindowReadsAsTheWhole() {
    byte[] bytes = new byte[7 + 8];
    Tensor source = Tensor.fp32("t", new long[] {2}, 3, 4);
    source.raw().getBytes(bytes, 7);
    Tensor window = new Tensor("t", Datatype.FP32, new long[] {2}, HeapBytes.wrap(bytes, 7, 8));
    assertArrayEquals(new float[] {3, 4}, window.toFloats());
    Tensor slice = new Tensor("t", Datatype.FP32, new long[] {1}, window.raw().slice(4, 8));
    assertArrayEquals(new float[] {4}, slice.toFloats());
  }

  @Test
  void aWrongSizeNamesTensorValueAndExpectation() {
    assertRefused(
        "tensor 'q': 3 values (expected 4 for FP32[2, 2])",
        () -> Tensor.fp32("q", new long[] {2, 2}, 1, 2, 3));
    assertRefused(
        "tensor 'q': 5 raw bytes (expected 8, 4 bytes for each of 2 elements of FP32[2])",
        () -> new Tensor("q", Datatype.FP32, new long[] {2}, Buffer.buffer(new byte[5])));
    assertRefused(
        "tensor 'q': shape [2, -1] (expected no negative dimension)",
        () -> Tensor.fp32("q", new long[] {2, -1}));
    assertRefused(
        "tensor 'q': shape [4294967296, 4294967296] (expected at most 2147483647 elements)",
        () -> Tensor.fp32("q", new long[] {1L << 32, 1L << 32}));
    assertRefused(
        "tensor 'q': 17179869176 bytes (expected at most 2147483647)",
        () -> new Tensor("q", Datatype.FP64, new long[] {Integer.MAX_VALUE}, Buffer.buffer()));
    assertRefused("name: '' (expected a tensor's name)", () -> Tensor.fp32("", new long[] {1}, 1));
  }

  @Test
  void stringsMustFillTheirBytes() {
    assertRefused(
        "tensor 'q': element 0 of BYTES ends at byte 9 of 5 (expected 1 elements inside)",
        () -> new Tensor("q", Datatype.BYTES, new long[] {1}, hex("0500000041")));
    assertRefused(
        "tensor 'q': element 0 of BYTES ends at byte 4 of 2 (expected 1 elements inside)",
        () -> new Tensor("q", Datatype.BYTES, new long[] {1}, hex("0500")));
    assertRefused(
        "tensor 'q': element 0 of BYTES ends at byte 4294967299 of 5 (expected 1 elements inside)",
        () -> new Tensor("q", Datatype.BYTES, new long[] {1}, hex("FFFFFFFF41")));
    assertRefused(
        "tensor 'q': 5 raw bytes (expected 4, as the lengths of 1 elements of BYTES say)",
        () -> new Tensor("q", Datatype.BYTES, new long[] {1}, hex("0000000041")));
  }

  @Test
  void aWrongTypeNamesTensorAndType() {
    Tensor longs = Tensor.int64("q", new long[] {1}, 1);
    assertEquals(
        "tensor 'q': type INT64 (expected FP32, FP16 or BF16)",
        assertThrows(IllegalStateException.class, longs::toFloats).getMessage());
    assertThrows(IllegalStateException.class, longs::toBytesElements);
    assertThrows(IllegalStateException.class, () -> Tensor.fp32("q", new long[] {1}, 1).toLongs());
  }

  @Test
  void shapesAreCopiedInAndOut() {
    long[] shape = {1};
    Tensor tensor = Tensor.fp32("t", shape, 1);
    shape[0] = 2;
    tensor.shape()[0] = 3;
    assertTrue(tensor.hasShape(1));
  }

  @Test
  void equalMeansNameTypeShapeAndBytes() {
    Tensor tensor = Tensor.fp32("t", new long[] {1, 2}, 1, 2);
    assertEquals(tensor, Tensor.fp32("t", new long[] {1, 2}, 1, 2));
    assertEquals(tensor.hashCode(), Tensor.fp32("t", new long[] {1, 2}, 1, 2).hashCode());
    assertNotEquals(tensor, Tensor.fp32("t", new long[] {2, 1}, 1, 2));
    assertNotEquals(tensor, Tensor.fp32("t", new long[] {1, 2}, 1, 3));
    assertNotEquals(tensor, Tensor.fp32("u", new long[] {1, 2}, 1, 2));
  }

  /** The plain way: of the two neighbours the nearer one, of two equally near the even one. */
  private static float nearestBfloat(float value) {
    int down = Float.floatToRawIntBits(value) & 0xFFFF_0000;
    int up = down + 0x1_0000;
    float upper = Float.intBitsToFloat(up);
    float lower = Float.intBitsToFloat(down);
    if (Float.isInfinite(lower)) {
      return lower;
    }
    // Beyond the largest bfloat the next step would be 2^128.
    BigDecimal above =
        Float.isInfinite(upper)
            ? BigDecimal.valueOf(2).pow(128).multiply(BigDecimal.valueOf(Math.signum(value)))
            : new BigDecimal(upper);
    int nearer =
        new BigDecimal(value)
            .subtract(new BigDecimal(lower))
            .abs()
            .compareTo(above.subtract(new BigDecimal(value)).abs());
    boolean lowerIsEven = ((down >>> 16) & 1) == 0;
    return nearer < 0 || (nearer == 0 && lowerIsEven) ? lower : upper;
  }

  private static void assertRefused(
      String message, org.junit.jupiter.api.function.Executable making) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, making).getMessage());
  }

  private static Buffer hex(String digits) {
    return Buffer.buffer(java.util.HexFormat.of().parseHex(digits));
  }
}
