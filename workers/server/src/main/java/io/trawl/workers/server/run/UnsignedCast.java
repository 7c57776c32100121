package io.trawl.workers.server.run;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.trawl.workers.protocol.onnx.AttributeProto;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.NodeProto;
import io.trawl.workers.protocol.onnx.OperatorSetIdProto;
import io.trawl.workers.protocol.onnx.TensorProto.DataType;
import io.trawl.workers.protocol.onnx.ValueInfoProto;
import io.trawl.workers.tensors.Datatype;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Makes tensors of the wider unsigned integers, which ONNX Runtime knows and its Java interface
 * cannot make.
 *
 * <p>The interface takes a tensor that came out of a session, whatever its type. So this is a
 * session over a model of one operator, {@code Cast}, from the signed type of the same width: the
 * bits stay as they are.
 */
final class UnsignedCast implements AutoCloseable {
  private static final String IN = "X";
  private static final String OUT = "Y";
  private static final int IR_VERSION = 8;
  private static final int OPSET = 13;

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
            case UINT16 -> model(DataType.INT16, DataType.UINT16);
            case UINT32 -> model(DataType.INT32, DataType.UINT32);
            case UINT64 -> model(DataType.INT64, DataType.UINT64);
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

  private static byte[] model(DataType from, DataType to) {
    AttributeProto.Builder type =
        AttributeProto.newBuilder()
            .setName("to")
            .setI(to.getNumber())
            .setType(AttributeProto.AttributeType.INT);
    NodeProto.Builder cast =
        NodeProto.newBuilder().setOpType("Cast").addInput(IN).addOutput(OUT).addAttribute(type);
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
        .setGraph(
            GraphProto.newBuilder()
                .setName("cast")
                .addNode(cast)
                .addInput(value(IN, from))
                .addOutput(value(OUT, to)))
        .build()
        .toByteArray();
  }

  private static ValueInfoProto.Builder value(String name, DataType type) {
    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
    value.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
    return value;
  }
}
