package io.trawl.workers.server.edge;

import com.google.protobuf.ByteString;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The protocol's classification extension: of each row of an output its largest values, largest
 * first, as texts {@code value:index}. The index counts within the row, whatever its shape.
 */
final class Classification {
  /** As in Triton, whose half precision has none; its BYTES end the whole server. */
  private static final Set<Datatype> UNSUPPORTED =
      Set.of(Datatype.BOOL, Datatype.FP16, Datatype.BF16, Datatype.BYTES);

  /** What C prints of a floating-point number. */
  private static final int DECIMALS = 6;

  private Classification() {}

  static boolean supports(Datatype type) {
    return !UNSUPPORTED.contains(type);
  }

  /**
   * @param classes how many of each row, at least 1; a shorter row gives all it has
   * @param hasRows whether the first dimension is the batch
   */
  static ModelTensor of(ModelTensor output, int classes, boolean hasRows) {
    int rows = hasRows ? Math.toIntExact(output.shape().dim(0)) : 1;
    int length = Math.toIntExact(output.shape().elements() / Math.max(1, rows));
    int kept = Math.min(classes, length);
    Column values = new Column(output.type(), output.data());
    List<ByteString> texts = new ArrayList<>(rows * kept);
    for (int row = 0; row < rows; row++) {
      int from = row * length;
      IntStream.range(0, length)
          .boxed()
          .sorted((a, b) -> values.compare(from + b, from + a))
          .limit(kept)
          .forEach(i -> texts.add(ByteString.copyFromUtf8(values.text(from + i) + ":" + i)));
    }
    Shape shape = hasRows ? Shape.of(rows, kept) : Shape.of(kept);
    return new ModelTensor(output.name(), Datatype.BYTES, shape, BytesTensors.encode(texts));
  }

  /** The elements of a tensor, by position. */
  private record Column(Datatype type, ByteBuffer raw) {
    Column(Datatype type, ByteString data) {
      this(type, data.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    int compare(int left, int right) {
      return switch (type) {
        case FP32, FP64 -> Double.compare(real(left), real(right));
        case UINT64 -> Long.compareUnsigned(whole(left), whole(right));
        default -> Long.compare(whole(left), whole(right));
      };
    }

    String text(int at) {
      return switch (type) {
        case FP32, FP64 -> text(real(at));
        case UINT64 -> Long.toUnsignedString(whole(at));
        default -> Long.toString(whole(at));
      };
    }

    private static String text(double value) {
      if (!Double.isFinite(value)) {
        return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
      }
      String digits =
          new BigDecimal(Math.abs(value))
              .setScale(DECIMALS, RoundingMode.HALF_EVEN)
              .toPlainString();
      return Math.copySign(1, value) < 0 ? "-" + digits : digits;
    }

    private double real(int at) {
      return type == Datatype.FP32
          ? raw.getFloat(at * Float.BYTES)
          : raw.getDouble(at * Double.BYTES);
    }

    private long whole(int at) {
      return switch (type) {
        case INT8 -> raw.get(at);
        case UINT8 -> Byte.toUnsignedLong(raw.get(at));
        case INT16 -> raw.getShort(at * Short.BYTES);
        case UINT16 -> Short.toUnsignedLong(raw.getShort(at * Short.BYTES));
        case INT32 -> raw.getInt(at * Integer.BYTES);
        case UINT32 -> Integer.toUnsignedLong(raw.getInt(at * Integer.BYTES));
        case INT64, UINT64 -> raw.getLong(at * Long.BYTES);
        case BOOL, FP16, BF16, FP32, FP64, BYTES ->
            throw new IllegalStateException(type + " is no whole number");
      };
    }
  }
}
