package io.trawl.workers.tensors;

import io.trawl.workers.protocol.DataType;
import java.util.Optional;

/** An element type, with its name on the wire and in a configuration file. */
public enum Datatype {
  BOOL(DataType.TYPE_BOOL, 1),
  UINT8(DataType.TYPE_UINT8, 1),
  UINT16(DataType.TYPE_UINT16, 2),
  UINT32(DataType.TYPE_UINT32, 4),
  UINT64(DataType.TYPE_UINT64, 8),
  INT8(DataType.TYPE_INT8, 1),
  INT16(DataType.TYPE_INT16, 2),
  INT32(DataType.TYPE_INT32, 4),
  INT64(DataType.TYPE_INT64, 8),
  FP16(DataType.TYPE_FP16, 2),
  FP32(DataType.TYPE_FP32, 4),
  FP64(DataType.TYPE_FP64, 8),
  BF16(DataType.TYPE_BF16, 2),
  /** Elements of any length: four bytes of length, little-endian, then the bytes. */
  BYTES(DataType.TYPE_STRING, 0);

  private final DataType configured;
  private final int sizeBytes;

  Datatype(DataType configured, int sizeBytes) {
    this.configured = configured;
    this.sizeBytes = sizeBytes;
  }

  /** Its name in a model configuration. */
  public DataType configured() {
    return configured;
  }

  /** Bytes per element, 0 for {@link #BYTES}. */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** By its name on the wire. */
  public static Optional<Datatype> ofWire(String name) {
    for (Datatype type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** By its name in a model configuration. */
  public static Optional<Datatype> ofConfig(DataType configured) {
    for (Datatype type : values()) {
      if (type.configured == configured) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
