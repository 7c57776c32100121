package io.trawl.space;

import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A two-dimensional array in NumPy's {@code .npy} format 1.0, little-endian, C order.
 *
 * @param type the element type
 * @param data exactly the elements, without the header
 */
record Npy(Type type, MemorySegment data) {

  enum Type {
    FLOAT32("<f4", 4),
    FLOAT16("<f2", 2),
    INT32("<i4", 4),
    UINT8("|u1", 1);

    private final String description;
    private final int bytes;

    Type(String description, int bytes) {
      this.description = description;
      this.bytes = bytes;
    }

    @Override
    public String toString() {
      return description;
    }
  }

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int PREAMBLE_BYTES = MAGIC.length + Short.BYTES;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{\\s*'descr':\\s*'([^']+)',\\s*'fortran_order':\\s*(True|False),"
              + "\\s*'shape':\\s*\\(([0-9, ]*)\\),?\\s*}\\s*");

  /** Reads the header and holds it against the manifest: rows, columns and one of the types. */
  static Npy read(String file, MemorySegment segment, int rows, int columns, Type... allowed) {
    if (segment.byteSize() < PREAMBLE_BYTES
        || segment.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) != -1) {
      throw new SpaceRefused(file, "does not begin as .npy format 1.0 does", "\\x93NUMPY and 1, 0");
    }
    var headerBytes = Short.toUnsignedInt(segment.get(SHORT, MAGIC.length));
    var dataOffset = (long) PREAMBLE_BYTES + headerBytes;
    if (dataOffset > segment.byteSize()) {
      throw new SpaceRefused(file, "ends inside its header", "a whole header");
    }
    var header =
        new String(
            segment.asSlice(PREAMBLE_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE),
            StandardCharsets.ISO_8859_1);
    var type = typeOf(file, header, rows, columns, List.of(allowed));
    var data = segment.asSlice(dataOffset);
    var expected = (long) rows * columns * type.bytes;
    if (data.byteSize() != expected) {
      throw new SpaceRefused(
          file,
          "has %d bytes of elements".formatted(data.byteSize()),
          "%d for %d x %d %s".formatted(expected, rows, columns, type));
    }
    return new Npy(type, data);
  }

  private static Type typeOf(
      String file, String header, int rows, int columns, List<Type> allowed) {
    var matcher = HEADER.matcher(header);
    if (!matcher.matches()) {
      throw new SpaceRefused(
          file, "has the header " + header.strip(), "'descr', 'fortran_order' and 'shape'");
    }
    if (matcher.group(2).equals("True")) {
      throw new SpaceRefused(file, "is in Fortran order", "C order");
    }
    var shape = matcher.group(3).replace(" ", "");
    if (!shape.equals(rows + "," + columns)) {
      throw new SpaceRefused(
          file,
          "has the shape (" + shape + ")",
          "(%d,%d), as the manifest says".formatted(rows, columns));
    }
    return allowed.stream()
        .filter(type -> type.description.equals(matcher.group(1)))
        .findFirst()
        .orElseThrow(
            () ->
                new SpaceRefused(
                    file,
                    "has elements of type " + matcher.group(1),
                    allowed.stream().map(Type::toString).collect(Collectors.joining(" or "))));
  }
}
