package io.trawl.workers.server.run;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.ValueInfoProto;
import io.trawl.workers.tensors.Quoted;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The names of a model's inputs and outputs, as its file has them. ONNX Runtime hands them to Java
 * as modified UTF-8, which changes what is beyond Unicode's first plane, NUL, and what is no UTF-8:
 * a name that is one of these would be told wrong, and would not be found when it is asked for.
 */
final class OnnxNames {
  private OnnxNames() {}

  /**
   * Passes over all of a file but the names: weights are not read.
   *
   * @throws BackendException if a name would not come to Java as it is
   */
  static void check(Path file) throws BackendException {
    try (InputStream bytes = Files.newInputStream(file)) {
      CodedInputStream model = CodedInputStream.newInstance(bytes);
      for (int tag = model.readTag(); tag != 0; tag = model.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == ModelProto.GRAPH_FIELD_NUMBER) {
          int end = model.pushLimit(model.readRawVarint32());
          graph(model);
          model.popLimit(end);
        } else if (!model.skipField(tag)) {
          return;
        }
      }
    } catch (IOException _) {
      // No model: whoever opens it says what is wrong with it.
    }
  }

  private static void graph(CodedInputStream graph) throws IOException, BackendException {
    for (int tag = graph.readTag(); tag != 0; tag = graph.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case GraphProto.INPUT_FIELD_NUMBER -> checkName("input", graph.readBytes());
        case GraphProto.OUTPUT_FIELD_NUMBER -> checkName("output", graph.readBytes());
        default -> {
          if (!graph.skipField(tag)) {
            return;
          }
        }
      }
    }
  }

  private static void checkName(String direction, ByteString value)
      throws IOException, BackendException {
    CodedInputStream fields = value.newCodedInput();
    for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) != ValueInfoProto.NAME_FIELD_NUMBER) {
        fields.skipField(tag);
        continue;
      }
      ByteString name = fields.readBytes();
      if (!isUnchanged(name)) {
        throw new BackendException(
            "%s %s of the ONNX file has a name that this worker cannot pass on: names are UTF-8"
                    .formatted(direction, Quoted.of(name.toStringUtf8()))
                + " without NUL and without characters beyond U+FFFF");
      }
    }
  }

  private static boolean isUnchanged(ByteString name) {
    return name.isValidUtf8()
        && name.toStringUtf8().chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c));
  }
}
