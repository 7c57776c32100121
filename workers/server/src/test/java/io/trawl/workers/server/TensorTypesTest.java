package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.TestClient.longs;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Every datatype there and back through ONNX Runtime, bit by bit, alone and in a batch. */
final class TensorTypesTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private static String name(Datatype type) {
    return "identity_" + type.name().toLowerCase(Locale.ROOT);
  }

  private void serve(Datatype type, String more) {
    fixture.repository().model(name(type), "backend: \"onnxruntime\" max_batch_size: 8 " + more);
    fixture.start();
  }

  private static ByteString random(Datatype type, int elements, long seed) {
    Random random = new Random(seed);
    if (type == Datatype.BYTES) {
      return BytesTensors.encode(
          random
              .ints(elements, 0, 5)
              .mapToObj(length -> ByteString.copyFromUtf8("é".repeat(length)))
              .toList());
    }
    byte[] bytes = new byte[elements * type.sizeBytes()];
    random.nextBytes(bytes);
    if (type == Datatype.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    return ByteString.copyFrom(bytes);
  }

  @ParameterizedTest
  @EnumSource
  void comesBackAsItWas(Datatype type) {
    serve(type, "");
    long seed = System.nanoTime();
    ByteString data = random(type, 6, seed);

    ModelInferResponse response =
        fixture
            .client()
            .infer(Infer.of(name(type)).input("IN", type.name(), data, 2, 3).build())
            .ok();

    assertEquals(data, response.getRawOutputContents(0), "seed " + seed);
    assertEquals(type.name(), response.getOutputs(0).getDatatype());
    assertEquals(List.of(2L, 3L), response.getOutputs(0).getShapeList());
  }

  /** The largest value of each, which as a signed integer would be -1, and nothing at all. */
  @ParameterizedTest
  @EnumSource(names = {"UINT8", "UINT16", "UINT32", "UINT64"})
  void unsignedIntegersAreUnsigned(Datatype type) {
    serve(type, "dynamic_batching { max_queue_delay_microseconds: 1000 }");
    byte[] ones = new byte[3 * type.sizeBytes()];
    Arrays.fill(ones, (byte) -1);
    for (ByteString data : List.of(ByteString.copyFrom(ones), ByteString.EMPTY)) {
      long length = data.size() / type.sizeBytes();
      ModelInferResponse response =
          fixture
              .client()
              .infer(Infer.of(name(type)).input("IN", type.name(), data, 1, length).build())
              .ok();
      assertEquals(data, response.getRawOutputContents(0));
      assertEquals(List.of(1L, length), response.getOutputs(0).getShapeList());
    }
  }

  /** Each type through the field of the typed contents that the protocol gives it. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"FP16", "BF16"})
  void typedContentsOfEachTypeComeBackRaw(Datatype type) {
    serve(type, "");
    long seed = System.nanoTime();
    ByteString data = random(type, 5, seed);
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName(name(type));
    request
        .addInputsBuilder()
        .setName("IN")
        .setDatatype(type.name())
        .addShape(1)
        .addShape(5)
        .setContents(contents(type, data));
    assertEquals(
        data, fixture.client().infer(request.build()).ok().getRawOutputContents(0), "seed " + seed);
  }

  private static InferTensorContents contents(Datatype type, ByteString data) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    if (type == Datatype.BYTES) {
      return contents.addAllBytesContents(BytesTensors.elements(data)).build();
    }
    ByteBuffer raw = data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    while (raw.hasRemaining()) {
      switch (type) {
        case BOOL -> contents.addBoolContents(raw.get() != 0);
        case INT8 -> contents.addIntContents(raw.get());
        case INT16 -> contents.addIntContents(raw.getShort());
        case INT32 -> contents.addIntContents(raw.getInt());
        case INT64 -> contents.addInt64Contents(raw.getLong());
        case UINT8 -> contents.addUintContents(Byte.toUnsignedInt(raw.get()));
        case UINT16 -> contents.addUintContents(Short.toUnsignedInt(raw.getShort()));
        case UINT32 -> contents.addUintContents(raw.getInt());
        case UINT64 -> contents.addUint64Contents(raw.getLong());
        case FP32 -> contents.addFp32Contents(raw.getFloat());
        case FP64 -> contents.addFp64Contents(raw.getDouble());
        case FP16, BF16, BYTES -> throw new AssertionError(type + " has no typed form");
      }
    }
    return contents.build();
  }

  @Test
  void stringsOfAnyScriptComeBack() {
    serve(Datatype.BYTES, "");
    ByteString data =
        BytesTensors.encode(
            List.of(
                ByteString.copyFromUtf8("日本 \uD83D\uDE00 ü"),
                ByteString.EMPTY,
                ByteString.copyFromUtf8("a".repeat(1000))));
    assertEquals(
        data,
        fixture
            .client()
            .infer(Infer.of("identity_bytes").input("IN", "BYTES", data, 1, 3).build())
            .ok()
            .getRawOutputContents(0));
  }

  /**
   * What no Java string carries over JNI: NUL, beyond the basic plane, and bytes that are no text.
   */
  private static final List<ByteString> LABELS =
      List.of(
          ByteString.copyFromUtf8("plain"),
          ByteString.copyFromUtf8("\uD83D\uDE00"),
          ByteString.copyFromUtf8("a\0b"),
          ByteString.copyFrom(new byte[] {(byte) 0xFF, (byte) 0xFE}));

  @Test
  void aModelMakesStringsOfAnyBytes() {
    fixture.repository().model("code_text", "backend: \"onnxruntime\" max_batch_size: 8");
    fixture.start();
    var request = Infer.of("code_text").input("IN", "INT64", longs(0, 1, 2, 3, 4), 5, 1).build();
    List<ByteString> expected = new ArrayList<>(LABELS);
    expected.add(ByteString.copyFromUtf8("?"));
    assertEquals(
        expected,
        BytesTensors.elements(fixture.client().infer(request).ok().getRawOutputContents(0)));
  }

  @Test
  void aModelComparesStringsOfAnyBytes() {
    fixture.repository().model("text_code", "backend: \"onnxruntime\" max_batch_size: 8");
    fixture.start();
    List<ByteString> asked = new ArrayList<>(LABELS);
    asked.add(ByteString.copyFromUtf8("a"));
    var request =
        Infer.of("text_code").input("IN", "BYTES", BytesTensors.encode(asked), 5, 1).build();
    assertEquals(
        longs(0, 1, 2, 3, -1), fixture.client().infer(request).ok().getRawOutputContents(0));
  }

  @Test
  void emptyTensorsComeBack() {
    serve(Datatype.FP32, "");
    ModelInferResponse response =
        fixture
            .client()
            .infer(Infer.of("identity_fp32").input("IN", "FP32", ByteString.EMPTY, 1, 0).build())
            .ok();
    assertEquals(List.of(1L, 0L), response.getOutputs(0).getShapeList());
    assertEquals(ByteString.EMPTY, response.getRawOutputContents(0));
  }

  @Test
  void typedContentsComeBackRaw() {
    serve(Datatype.INT64, "");
    ModelInferRequest.Builder request =
        ModelInferRequest.newBuilder().setModelName("identity_int64");
    request
        .addInputsBuilder()
        .setName("IN")
        .setDatatype("INT64")
        .addShape(1)
        .addShape(2)
        .setContents(
            InferTensorContents.newBuilder().addInt64Contents(-1).addInt64Contents(1L << 40));
    assertEquals(
        longs(-1, 1L << 40), fixture.client().infer(request.build()).ok().getRawOutputContents(0));
  }

  /** Rows of one batch go back to whom they belong, whatever the number of rows of each. */
  @Test
  void eachGetsItsOwnRows() {
    serve(Datatype.BYTES, "dynamic_batching { max_queue_delay_microseconds: 2000 }");
    List<ByteString> sent =
        IntStream.range(0, 24).mapToObj(i -> random(Datatype.BYTES, 2 * (1 + i % 3), i)).toList();
    var pending = new ArrayList<TestClient.Pending<ModelInferResponse>>();
    for (int i = 0; i < sent.size(); i++) {
      pending.add(
          fixture
              .client()
              .startInfer(
                  Infer.of("identity_bytes")
                      .input("IN", "BYTES", sent.get(i), 1 + i % 3, 2)
                      .build()));
    }
    for (int i = 0; i < sent.size(); i++) {
      ModelInferResponse response = pending.get(i).await().ok();
      assertEquals(sent.get(i), response.getRawOutputContents(0), "request " + i);
      assertEquals(List.of(1L + i % 3, 2L), response.getOutputs(0).getShapeList());
    }
  }

  @Test
  void severalInputsOfOpenLength() {
    fixture.repository().model("pooled", "backend: \"python\" max_batch_size: 2");
    fixture.start();
    ModelInferResponse response =
        fixture
            .client()
            .infer(
                Infer.of("pooled")
                    .input("VALUES", "FP32", floats(1, 2, 3, 4, 9, 9), 1, 3, 2)
                    .input("MASK", "INT64", longs(1, 1, 0), 1, 3)
                    .build())
            .ok();
    assertEquals(floats(2, 3), response.getRawOutputContents(0));
  }

  @Test
  void aModelWithoutBatchDimension() {
    fixture.repository().model("unbatched", "backend: \"onnxruntime\"");
    fixture.start();
    ModelInferResponse response =
        fixture
            .client()
            .infer(Infer.of("unbatched").input("IN", "FP32", floats(1, 2, 3), 3).build())
            .ok();
    assertEquals(floats(6), response.getRawOutputContents(0));
    assertEquals(List.of(1L), response.getOutputs(0).getShapeList());
  }
}
