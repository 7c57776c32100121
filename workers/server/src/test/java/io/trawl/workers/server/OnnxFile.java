package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.NodeProto;
import io.trawl.workers.protocol.onnx.OperatorSetIdProto;
import io.trawl.workers.protocol.onnx.TensorProto;
import io.trawl.workers.protocol.onnx.TensorShapeProto;
import io.trawl.workers.protocol.onnx.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Writes ONNX files too large to be committed. */
final class OnnxFile {
  private OnnxFile() {}

  /** OUT = IN times a square matrix, over and over: [batch, width], all weight and no thought. */
  static byte[] layers(int width, int layers, long seed) {
    Random random = new Random(seed);
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("layers")
            .addInput(value("IN", width))
            .addOutput(value("OUT", width));
    for (int i = 0; i < layers; i++) {
      graph.addInitializer(weights("w" + i, width, random));
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType("MatMul")
              .addInput(i == 0 ? "IN" : "h" + i)
              .addInput("w" + i)
              .addOutput(i == layers - 1 ? "OUT" : "h" + (i + 1)));
    }
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static TensorProto.Builder weights(String name, int width, Random random) {
    ByteBuffer values = ByteBuffer.allocate(4 * width * width).order(ByteOrder.LITTLE_ENDIAN);
    float scale = (float) (1 / Math.sqrt(width));
    while (values.hasRemaining()) {
      values.putFloat((float) random.nextGaussian() * scale);
    }
    return TensorProto.newBuilder()
        .setName(name)
        .addDims(width)
        .addDims(width)
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .setRawData(ByteString.copyFrom(values.flip()));
  }

  private static ValueInfoProto.Builder value(String name, int width) {
    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
    value
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(TensorProto.DataType.FLOAT.getNumber())
        .getShapeBuilder()
        .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("batch"))
        .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(width));
    return value;
  }
}
