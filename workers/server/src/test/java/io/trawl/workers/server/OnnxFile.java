package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Writes ONNX files too large to be committed; the field numbers are those of onnx.proto. */
final class OnnxFile {
  private static final int FLOAT = 1;

  private OnnxFile() {}

  /** OUT = IN times a square matrix, over and over: [batch, width], all weight and no thought. */
  static byte[] layers(int width, int layers, long seed) {
    Random random = new Random(seed);
    ByteString graph =
        message(
            out -> {
              for (int i = 0; i < layers; i++) {
                String from = i == 0 ? "IN" : "h" + i;
                String to = i == layers - 1 ? "OUT" : "h" + (i + 1);
                out.writeBytes(1, matMul(from, "w" + i, to));
              }
              out.writeString(2, "layers");
              for (int i = 0; i < layers; i++) {
                out.writeBytes(5, weights("w" + i, width, random));
              }
              out.writeBytes(11, value("IN", width));
              out.writeBytes(12, value("OUT", width));
            });
    return message(
            out -> {
              out.writeInt64(1, 8);
              out.writeBytes(7, graph);
              out.writeBytes(8, message(opset -> opset.writeInt64(2, 13)));
            })
        .toByteArray();
  }

  private static ByteString matMul(String left, String right, String product) {
    return message(
        out -> {
          out.writeString(1, left);
          out.writeString(1, right);
          out.writeString(2, product);
          out.writeString(4, "MatMul");
        });
  }

  private static ByteString weights(String name, int width, Random random) {
    ByteBuffer values = ByteBuffer.allocate(4 * width * width).order(ByteOrder.LITTLE_ENDIAN);
    float scale = (float) (1 / Math.sqrt(width));
    while (values.hasRemaining()) {
      values.putFloat((float) random.nextGaussian() * scale);
    }
    ByteString raw = ByteString.copyFrom(values.flip());
    return message(
        out -> {
          out.writeInt64(1, width);
          out.writeInt64(1, width);
          out.writeInt32(2, FLOAT);
          out.writeString(8, name);
          out.writeBytes(9, raw);
        });
  }

  private static ByteString value(String name, int width) {
    ByteString batch = message(out -> out.writeString(2, "batch"));
    ByteString fixed = message(out -> out.writeInt64(1, width));
    ByteString shape =
        message(
            out -> {
              out.writeBytes(1, batch);
              out.writeBytes(1, fixed);
            });
    ByteString tensor =
        message(
            out -> {
              out.writeInt32(1, FLOAT);
              out.writeBytes(2, shape);
            });
    ByteString type = message(out -> out.writeBytes(1, tensor));
    return message(
        out -> {
          out.writeString(1, name);
          out.writeBytes(2, type);
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
      return bytes.toByteString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
