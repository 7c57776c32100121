package io.trawl.app.triton;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.workers.protocol.onnx.AttributeProto;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.NodeProto;
import io.trawl.workers.protocol.onnx.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * A {@code model.onnx} whose graph can be given one more step behind an output. Everything else in
 * the file stays as it is.
 */
public final class OnnxModel {

  private final ModelProto model;

  private OnnxModel(ModelProto model) {
    this.model = model;
  }

  /**
   * Reads the bytes of a file.
   *
   * @throws IllegalArgumentException if they are no ONNX model
   */
  public static OnnxModel parse(byte[] file) {
    try {
      var model = ModelProto.parseFrom(file);
      if (!model.hasGraph()) {
        throw new IllegalArgumentException(
            "the file has no graph; expected the one of an ONNX model");
      }
      return new OnnxModel(model);
    } catch (InvalidProtocolBufferException no) {
      throw new IllegalArgumentException("the file is no ONNX model", no);
    }
  }

  /** The same model with an output of another type. */
  public OnnxModel cast(String output, TensorProto.DataType type) {
    var to =
        AttributeProto.newBuilder()
            .setName("to")
            .setI(type.getNumber())
            .setType(AttributeProto.AttributeType.INT);
    var graph = behind(output, NodeProto.newBuilder().setOpType("Cast").addAttribute(to));
    for (var value : graph.getOutputBuilderList()) {
      if (value.getName().equals(output)) {
        value.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
      }
    }
    return with(graph);
  }

  /** The same model with an output of float32 multiplied by a number. */
  public OnnxModel multiply(String output, float factor) {
    var bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(factor);
    var constant =
        TensorProto.newBuilder()
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .setName(output + "_factor")
            .setRawData(ByteString.copyFrom(bytes.flip()));
    var node = NodeProto.newBuilder().setOpType("Mul").addInput(constant.getName());
    return with(behind(output, node).addInitializer(constant));
  }

  public byte[] bytes() {
    return model.toByteArray();
  }

  private OnnxModel with(GraphProto.Builder graph) {
    return new OnnxModel(model.toBuilder().setGraph(graph).build());
  }

  /** What gave the output gives it to one node more, under another name. */
  private GraphProto.Builder behind(String output, NodeProto.Builder step) {
    var plain = output + "_before_" + step.getOpType().toLowerCase(Locale.ROOT);
    var graph = model.getGraph().toBuilder();
    for (var node : graph.getNodeBuilderList()) {
      var at = node.getOutputList().indexOf(output);
      if (at >= 0) {
        node.setOutput(at, plain);
        return graph.addNode(step.addInput(plain).addOutput(output));
      }
    }
    throw new IllegalArgumentException("no node of the ONNX model gives '" + output + "'");
  }
}
