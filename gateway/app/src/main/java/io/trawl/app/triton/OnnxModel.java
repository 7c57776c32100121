package io.trawl.app.triton;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A {@code model.onnx} whose graph can be given one more step behind an output. Read by the field
 * numbers of onnx.proto; everything else in the file stays as it is.
 */
public final class OnnxModel {

  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_OUTPUT = 12;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_OPERATION = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_INT = 3;
  private static final int ATTRIBUTE_TYPE = 20;
  private static final int INT = 2;
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int TYPE_TENSOR = 1;
  private static final int TENSOR_TYPE_ELEMENT = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;
  private static final int FLOAT = 1;

  private final UnknownFieldSet model;
  private final UnknownFieldSet graph;

  private OnnxModel(UnknownFieldSet model, UnknownFieldSet graph) {
    this.model = model;
    this.graph = graph;
  }

  /**
   * Reads the bytes of a file.
   *
   * @throws IllegalArgumentException if they are no ONNX model
   */
  public static OnnxModel parse(byte[] file) {
    try {
      var model = UnknownFieldSet.parseFrom(file);
      var graphs = model.getField(MODEL_GRAPH).getLengthDelimitedList();
      if (graphs.size() != 1) {
        throw new IllegalArgumentException(
            "the file has " + graphs.size() + " graphs; expected the one of an ONNX model");
      }
      return new OnnxModel(model, UnknownFieldSet.parseFrom(graphs.getFirst()));
    } catch (InvalidProtocolBufferException no) {
      throw new IllegalArgumentException("the file is no ONNX model", no);
    }
  }

  /**
   * The same model with an output of another type.
   *
   * @param type a number of onnx.proto's TensorProto.DataType
   */
  public OnnxModel cast(String output, int type) {
    var to =
        UnknownFieldSet.newBuilder()
            .addField(ATTRIBUTE_NAME, texts("to"))
            .addField(ATTRIBUTE_INT, number(type))
            .addField(ATTRIBUTE_TYPE, number(INT))
            .build();
    var node = UnknownFieldSet.newBuilder().addField(NODE_ATTRIBUTE, messages(List.of(to)));
    var stepped = behind(output, "Cast", node, List.of());
    var outputs =
        parsed(stepped.getField(GRAPH_OUTPUT)).stream()
            .map(value -> name(value).equals(output) ? typed(value, type) : value)
            .toList();
    return with(stepped.toBuilder().addField(GRAPH_OUTPUT, messages(outputs)).build());
  }

  /** The same model with an output of float32 multiplied by a number. */
  public OnnxModel multiply(String output, float factor) {
    var constant =
        UnknownFieldSet.newBuilder()
            .addField(TENSOR_TYPE, number(FLOAT))
            .addField(TENSOR_NAME, texts(output + "_factor"))
            .addField(TENSOR_RAW, bytes(floatBytes(factor)))
            .build();
    var node = UnknownFieldSet.newBuilder();
    var stepped = behind(output, "Mul", node, List.of(output + "_factor"));
    return with(
        stepped.toBuilder().mergeField(GRAPH_INITIALIZER, messages(List.of(constant))).build());
  }

  public byte[] bytes() {
    return model.toBuilder().addField(MODEL_GRAPH, messages(List.of(graph))).build().toByteArray();
  }

  /** What gave the output gives it to one node more, under another name. */
  private UnknownFieldSet behind(
      String output, String operation, UnknownFieldSet.Builder node, List<String> moreInputs) {
    var plain = output + "_before_" + operation.toLowerCase(Locale.ROOT);
    List<UnknownFieldSet> nodes = new ArrayList<>();
    var found = false;
    for (var each : parsed(graph.getField(GRAPH_NODE))) {
      var outputs = strings(each.getField(NODE_OUTPUT));
      if (outputs.contains(output)) {
        found = true;
        var renamed = outputs.stream().map(name -> name.equals(output) ? plain : name);
        nodes.add(each.toBuilder().addField(NODE_OUTPUT, texts(renamed)).build());
      } else {
        nodes.add(each);
      }
    }
    if (!found) {
      throw new IllegalArgumentException("no node of the ONNX model gives '" + output + "'");
    }
    nodes.add(
        node.addField(NODE_INPUT, texts(Stream.concat(Stream.of(plain), moreInputs.stream())))
            .addField(NODE_OUTPUT, texts(output))
            .addField(NODE_OPERATION, texts(operation))
            .build());
    return graph.toBuilder().addField(GRAPH_NODE, messages(nodes)).build();
  }

  private OnnxModel with(UnknownFieldSet changed) {
    return new OnnxModel(model, changed);
  }

  private static UnknownFieldSet typed(UnknownFieldSet value, int type) {
    var of = parsed(value.getField(VALUE_TYPE)).getFirst();
    var tensor = parsed(of.getField(TYPE_TENSOR)).getFirst();
    var cast = tensor.toBuilder().addField(TENSOR_TYPE_ELEMENT, number(type)).build();
    return value.toBuilder()
        .addField(
            VALUE_TYPE,
            messages(
                List.of(of.toBuilder().addField(TYPE_TENSOR, messages(List.of(cast))).build())))
        .build();
  }

  private static String name(UnknownFieldSet value) {
    return strings(value.getField(VALUE_NAME)).getFirst();
  }

  private static ByteString floatBytes(float value) {
    var bits = Float.floatToIntBits(value);
    return ByteString.copyFrom(
        new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
  }

  private static List<UnknownFieldSet> parsed(Field field) {
    return field.getLengthDelimitedList().stream().map(OnnxModel::parsed).toList();
  }

  private static UnknownFieldSet parsed(ByteString bytes) {
    try {
      return UnknownFieldSet.parseFrom(bytes);
    } catch (InvalidProtocolBufferException no) {
      throw new IllegalArgumentException("the file is no ONNX model", no);
    }
  }

  private static List<String> strings(Field field) {
    return field.getLengthDelimitedList().stream().map(ByteString::toStringUtf8).toList();
  }

  private static Field number(long value) {
    return Field.newBuilder().addVarint(value).build();
  }

  private static Field bytes(ByteString value) {
    return Field.newBuilder().addLengthDelimited(value).build();
  }

  private static Field texts(String text) {
    return texts(Stream.of(text));
  }

  private static Field texts(Stream<String> texts) {
    var field = Field.newBuilder();
    texts.forEach(text -> field.addLengthDelimited(ByteString.copyFromUtf8(text)));
    return field.build();
  }

  private static Field messages(List<UnknownFieldSet> messages) {
    var field = Field.newBuilder();
    messages.forEach(message -> field.addLengthDelimited(message.toByteString()));
    return field.build();
  }
}
