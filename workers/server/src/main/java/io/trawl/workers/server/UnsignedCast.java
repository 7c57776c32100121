package io.trawl.workers.server;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.trawl.workers.tensors.Datatype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Makes tensors of the wider unsigned integers, which ONNX Runtime knows and its Java interface
 * cannot make.
 *
 * <p>The interface takes a tensor that came out of a session, whatever its type. So this is a
 * session over a model of one operator, {@code Cast}, from the signed type of the same width: the
 * bits stay as they are. The model is written here, byte by byte, since it is one node and no
 * library for it is at hand; numbers are those of {@code onnx.proto}.
 */
final class UnsignedCast implements AutoCloseable {
  private static final String IN = "X";
  private static final String OUT = "Y";
  private static final int IR_VERSION = 8;
  private static final int OPSET = 13;
  private static final int ATTRIBUTE_IS_INT = 2;

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final OnnxJavaType signed;

  private UnsignedCast(OrtEnvironment environment, OrtSession session, OnnxJavaType signed) {
    this.environment = environment;
    this.session = session;
    this.signed = signed;
  }

  /** Whether tensors of this type are made here. */
  static boolean makes(Datatype type) {
    return switch (type) {
      case UINT16, UINT32, UINT64 -> true;
      default -> false;
    };
  }

  static UnsignedCast open(OrtEnvironment environment, Datatype type) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      byte[] model =
          switch (type) {
            case UINT16 -> model(5, 4);
            case UINT32 -> model(6, 12);
            case UINT64 -> model(7, 13);
            default -> throw new IllegalArgumentException(type + " needs no cast");
          };
      return new UnsignedCast(environment, environment.createSession(model, options), signed(type));
    }
  }

  private static OnnxJavaType signed(Datatype type) {
    return switch (type) {
      case UINT16 -> OnnxJavaType.INT16;
      case UINT32 -> OnnxJavaType.INT32;
      default -> OnnxJavaType.INT64;
    };
  }

  /** A tensor with these bits; the caller closes it. */
  OnnxTensor tensor(ByteBuffer data, long[] shape) throws OrtException {
    try (OnnxTensor given = OnnxTensor.createTensor(environment, data, shape, signed)) {
      // Closing the result would close the tensor in it.
      return (OnnxTensor) session.run(Map.of(IN, given)).get(0);
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }

  private static byte[] model(int from, int to) {
    return message(
            model -> {
              model.writeInt64(1, IR_VERSION);
              model.writeBytes(7, graph(from, to));
              model.writeBytes(8, message(opset -> opset.writeInt64(2, OPSET)));
            })
        .toByteArray();
  }

  private static ByteString graph(int from, int to) {
    return message(
        graph -> {
          graph.writeBytes(1, node(to));
          graph.writeString(2, "cast");
          graph.writeBytes(11, value(IN, from));
          graph.writeBytes(12, value(OUT, to));
        });
  }

  private static ByteString node(int to) {
    return message(
        node -> {
          node.writeString(1, IN);
          node.writeString(2, OUT);
          node.writeString(4, "Cast");
          node.writeBytes(
              5,
              message(
                  attribute -> {
                    attribute.writeString(1, "to");
                    attribute.writeInt64(3, to);
                    attribute.writeInt32(20, ATTRIBUTE_IS_INT);
                  }));
        });
  }

  private static ByteString value(String name, int elementType) {
    ByteString tensor = message(out -> out.writeInt32(1, elementType));
    ByteString type = message(out -> out.writeBytes(1, tensor));
    return message(
        value -> {
          value.writeString(1, name);
          value.writeBytes(2, type);
        });
  }

  @FunctionalInterface
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private static ByteString message(Fields fields) {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return bytes.toByteString();
  }
}
