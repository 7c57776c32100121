package io.trawl.app.triton;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.workers.protocol.onnx.AttributeProto;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.NodeProto;
import io.trawl.workers.protocol.onnx.TensorProto;

/** A {@code model.onnx} whose output is of another type; all else in the file stays as it is. */
final class OnnxModel {

  private OnnxModel() {}

  /**
   * Has a node of type {@code Cast} give an output in place of the node that gives it.
   *
   * @throws IllegalArgumentException if the bytes are no ONNX model with this output
   */
  static byte[] cast(byte[] file, String output, TensorProto.DataType type) {
    var model = parsed(file);
    var graph = model.getGraphBuilder();
    var plain = output + "_before_cast";
    if (!renamed(graph, output, plain)) {
      throw new IllegalArgumentException("no node of the ONNX model gives '" + output + "'");
    }
    var to =
        AttributeProto.newBuilder()
            .setName("to")
            .setI(type.getNumber())
            .setType(AttributeProto.AttributeType.INT);
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("Cast")
            .addAttribute(to)
            .addInput(plain)
            .addOutput(output));
    for (var value : graph.getOutputBuilderList()) {
      if (value.getName().equals(output)) {
        value.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
      }
    }
    return model.build().toByteArray();
  }

  private static ModelProto.Builder parsed(byte[] file) {
    try {
      return ModelProto.parseFrom(file).toBuilder();
    } catch (InvalidProtocolBufferException no) {
      throw new IllegalArgumentException("the file is no ONNX model", no);
    }
  }

  private static boolean renamed(GraphProto.Builder graph, String output, String name) {
    for (var node : graph.getNodeBuilderList()) {
      var at = node.getOutputList().indexOf(output);
      if (at >= 0) {
        node.setOutput(at, name);
        return true;
      }
    }
    return false;
  }
}
