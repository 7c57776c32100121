package io.trawl.workers.client;

import java.util.Optional;

/** The element types of the Open Inference Protocol; the names are those on the wire. */
public enum Datatype {
  BOOL(1),
  UINT8(1),
  UINT16(2),
  UINT32(4),
  UINT64(8),
  INT8(1),
  INT16(2),
  INT32(4),
  INT64(8),
  FP16(2),
  BF16(2),
  FP32(4),
  FP64(8),
  /** Byte strings of any length, each behind its length as a little-endian uint32. */
  BYTES(0);

  private final int elementBytes;

  Datatype(int elementBytes) {
    this.elementBytes = elementBytes;
  }

  /** Bytes of one element; 0 for {@link #BYTES}, whose elements differ. */
  public int elementBytes() {
    return elementBytes;
  }

  /** The type of this wire name, if the protocol has it. */
  public static Optional<Datatype> named(String wireName) {
    for (Datatype type : values()) {
      if (type.name().equals(wireName)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
