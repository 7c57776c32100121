package io.trawl.app;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Makes a second version of a space whose backbone gives query vectors twice as long and whose item
 * vectors are twice as long: the same lists with scores exactly four times as high. A score that is
 * twice as high was made of both versions.
 */
final class SecondVersion {

  static final float SCORE_FACTOR = 4;

  private static final float FACTOR = 2;
  private static final int NPY_HEADER_LENGTH_AT = 8;
  private static final int NPY_HEADER_AT = 10;

  /** Field numbers of onnx.proto. */
  private static final int MODEL_GRAPH = 7;

  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_OPERATION = 4;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;
  private static final long TYPE_FLOAT = 1;

  private SecondVersion() {}

  /**
   * Writes it.
   *
   * @param first a space of version 1
   * @param into an empty directory
   * @return {@code into}; its model repository serves both versions
   */
  static Path of(Path first, Path into) {
    try {
      var manifest = new JsonObject(Files.readString(first.resolve("manifest.json")));
      var model = "models/" + manifest.getJsonObject("backbone").getString("model");
      var files = new JsonObject();
      for (var name : manifest.getJsonObject("files").fieldNames()) {
        var bytes = Files.readAllBytes(first.resolve(name));
        if (name.startsWith(model + "/1/")) {
          write(into, name, bytes);
        }
        var named = name.replace(model + "/1/", model + "/2/");
        var changed = changed(name, bytes);
        write(into, named, changed);
        files.put(
            named, new JsonObject().put("bytes", changed.length).put("sha256", sha256(changed)));
      }
      manifest.put("version", 2).put("files", files);
      manifest.getJsonObject("backbone").put("version", 2);
      Files.writeString(into.resolve("manifest.json"), manifest.encodePrettily());
      return into;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] changed(String name, byte[] bytes) throws IOException {
    if (name.equals("item_vectors.npy")) {
      return scaled(bytes);
    }
    if (name.equals("golden.jsonl")) {
      return golden(bytes);
    }
    return name.endsWith("/model.onnx") ? backbone(bytes) : bytes;
  }

  private static byte[] scaled(byte[] npy) {
    var numbers = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
    var from = NPY_HEADER_AT + numbers.getShort(NPY_HEADER_LENGTH_AT);
    for (var at = from; at < npy.length; at += Float.BYTES) {
      numbers.putFloat(at, FACTOR * numbers.getFloat(at));
    }
    return npy;
  }

  private static byte[] golden(byte[] lines) {
    return new String(lines, StandardCharsets.UTF_8)
        .lines()
        .map(SecondVersion::golden)
        .collect(Collectors.joining("\n", "", "\n"))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String golden(String line) {
    var request = new JsonObject(line);
    var vectors = request.getJsonArray("query_vectors");
    for (var m = 0; m < vectors.size(); m++) {
      multiply(vectors.getJsonArray(m), 0, FACTOR);
    }
    var top = request.getJsonArray("top");
    for (var i = 0; i < top.size(); i++) {
      multiply(top.getJsonArray(i), 1, SCORE_FACTOR);
    }
    return request.encode();
  }

  private static void multiply(JsonArray numbers, int from, float factor) {
    for (var i = from; i < numbers.size(); i++) {
      numbers.set(i, numbers.getDouble(i) * factor);
    }
  }

  /** The node that gives the query vectors gives them to one more, which doubles them. */
  private static byte[] backbone(byte[] onnx) throws IOException {
    var model = UnknownFieldSet.parseFrom(onnx);
    var graph = UnknownFieldSet.parseFrom(only(model, MODEL_GRAPH));
    List<UnknownFieldSet> nodes = new ArrayList<>();
    for (var bytes : graph.getField(GRAPH_NODE).getLengthDelimitedList()) {
      nodes.add(renamed(UnknownFieldSet.parseFrom(bytes)));
    }
    nodes.add(
        UnknownFieldSet.newBuilder()
            .addField(NODE_INPUT, texts("plain_vectors", "factor"))
            .addField(NODE_OUTPUT, texts("query_vectors"))
            .addField(NODE_OPERATION, texts("Mul"))
            .build());
    var factor =
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(FACTOR).flip();
    var constant =
        UnknownFieldSet.newBuilder()
            .addField(TENSOR_TYPE, Field.newBuilder().addVarint(TYPE_FLOAT).build())
            .addField(TENSOR_NAME, texts("factor"))
            .addField(
                TENSOR_RAW,
                Field.newBuilder().addLengthDelimited(ByteString.copyFrom(factor)).build())
            .build();
    var changed =
        graph.toBuilder()
            .addField(GRAPH_NODE, messages(nodes))
            .mergeField(GRAPH_INITIALIZER, messages(List.of(constant)))
            .build();
    return model.toBuilder()
        .addField(MODEL_GRAPH, messages(List.of(changed)))
        .build()
        .toByteArray();
  }

  private static UnknownFieldSet renamed(UnknownFieldSet node) {
    var outputs =
        node.getField(NODE_OUTPUT).getLengthDelimitedList().stream()
            .map(ByteString::toStringUtf8)
            .map(name -> name.equals("query_vectors") ? "plain_vectors" : name)
            .toArray(String[]::new);
    return node.toBuilder().addField(NODE_OUTPUT, texts(outputs)).build();
  }

  private static ByteString only(UnknownFieldSet message, int field) {
    var all = message.getField(field).getLengthDelimitedList();
    if (all.size() != 1) {
      throw new IllegalArgumentException(all.size() + " of field " + field + "; expected one");
    }
    return all.getFirst();
  }

  private static Field texts(String... texts) {
    var field = Field.newBuilder();
    for (var text : texts) {
      field.addLengthDelimited(ByteString.copyFromUtf8(text));
    }
    return field.build();
  }

  private static Field messages(List<UnknownFieldSet> messages) {
    var field = Field.newBuilder();
    messages.forEach(message -> field.addLengthDelimited(message.toByteString()));
    return field.build();
  }

  private static void write(Path into, String name, byte[] bytes) throws IOException {
    var file = into.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
