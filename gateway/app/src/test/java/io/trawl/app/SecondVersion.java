package io.trawl.app;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.protocol.onnx.NodeProto;
import io.trawl.workers.protocol.onnx.TensorProto;
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
import java.util.HexFormat;
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
    return name.endsWith("/model.onnx") ? multiplied(bytes) : bytes;
  }

  private static byte[] multiplied(byte[] onnx) throws IOException {
    var model = ModelProto.parseFrom(onnx).toBuilder();
    var graph = model.getGraphBuilder();
    for (var node : graph.getNodeBuilderList()) {
      var at = node.getOutputList().indexOf("query_vectors");
      if (at >= 0) {
        node.setOutput(at, "plain");
      }
    }
    var number = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(FACTOR);
    var factor =
        TensorProto.newBuilder()
            .setName("factor")
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .setRawData(ByteString.copyFrom(number.flip()));
    var times =
        NodeProto.newBuilder()
            .setOpType("Mul")
            .addInput("plain")
            .addInput("factor")
            .addOutput("query_vectors");
    graph.addInitializer(factor).addNode(times);
    return model.build().toByteArray();
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
