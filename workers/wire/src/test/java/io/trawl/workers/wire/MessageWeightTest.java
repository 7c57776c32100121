package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.WireFormat;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MessageWeightTest {

  private static final int COUNT = 1000;
  private static final Descriptor REQUEST = ModelInferRequest.getDescriptor();
  private static final Descriptor CONTENTS = InferTensorContents.getDescriptor();
  private static final int INPUTS = ModelInferRequest.INPUTS_FIELD_NUMBER;
  private static final int OUTPUTS = ModelInferRequest.OUTPUTS_FIELD_NUMBER;
  private static final int PARAMETERS = ModelInferRequest.PARAMETERS_FIELD_NUMBER;
  private static final int RAW = ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER;
  private static final int NOBODY_KNOWS = 1000;
  private static final ByteString NONE = ByteString.EMPTY;

  /** What one element of each kind took in the heap, measured as the class says. */
  @ParameterizedTest(name = "{0}")
  @MethodSource
  void anElementWeighsWhatItTakes(String what, Descriptor type, byte[] message, int heap) {
    long weight = weight(message, type) - weight(new byte[0], type);
    assertTrue(
        weight >= (long) heap * COUNT && weight <= 2L * heap * COUNT + 100,
        () -> what + " weighs " + weight / COUNT + ", and takes " + heap);
  }

  static List<Arguments> anElementWeighsWhatItTakes() {
    byte[] number = InferParameter.newBuilder().setInt64Param(7).build().toByteArray();
    return List.of(
        Arguments.of("an empty input", REQUEST, each((out, _) -> out.writeBytes(INPUTS, NONE)), 60),
        Arguments.of(
            "an input with a name",
            REQUEST,
            each((out, _) -> out.writeByteArray(INPUTS, text(1, "tokens"))),
            108),
        Arguments.of(
            "an empty output", REQUEST, each((out, _) -> out.writeBytes(OUTPUTS, NONE)), 44),
        Arguments.of(
            "a raw input", REQUEST, each((out, _) -> out.writeByteArray(RAW, new byte[4])), 38),
        Arguments.of(
            "a parameter without a value",
            REQUEST,
            each((out, i) -> out.writeByteArray(PARAMETERS, text(1, "k" + i))),
            98),
        Arguments.of(
            "a parameter",
            REQUEST,
            each(
                (out, i) ->
                    out.writeByteArray(
                        PARAMETERS,
                        wire(
                            entry -> {
                              entry.writeString(1, "k" + i);
                              entry.writeByteArray(2, number);
                            }))),
            162),
        Arguments.of("bytes", CONTENTS, each((out, _) -> out.writeByteArray(8, new byte[4])), 38),
        Arguments.of("a packed int32", CONTENTS, packed(2, new byte[COUNT]), 6),
        Arguments.of("a packed int64", CONTENTS, packed(3, new byte[COUNT]), 12),
        Arguments.of("a packed float", CONTENTS, packed(6, new byte[4 * COUNT]), 4),
        Arguments.of("a packed double", CONTENTS, packed(7, new byte[8 * COUNT]), 8),
        Arguments.of("a packed bool", CONTENTS, packed(1, new byte[COUNT]), 1),
        Arguments.of("a float by itself", CONTENTS, each((out, _) -> out.writeFloat(6, 1)), 6),
        Arguments.of(
            "an unknown number",
            REQUEST,
            each((out, i) -> out.writeInt32(NOBODY_KNOWS + i, 7)),
            144),
        Arguments.of(
            "unknown bytes",
            REQUEST,
            each((out, i) -> out.writeByteArray(NOBODY_KNOWS + i, new byte[2])),
            192),
        Arguments.of(
            "an unknown group",
            REQUEST,
            each(
                (out, i) -> {
                  out.writeTag(NOBODY_KNOWS + i, WireFormat.WIRETYPE_START_GROUP);
                  out.writeTag(NOBODY_KNOWS + i, WireFormat.WIRETYPE_END_GROUP);
                }),
            160),
        Arguments.of(
            "a number in an unknown group",
            REQUEST,
            each(
                (out, i) -> {
                  out.writeTag(NOBODY_KNOWS, WireFormat.WIRETYPE_START_GROUP);
                  out.writeInt32(1, i);
                  out.writeTag(NOBODY_KNOWS, WireFormat.WIRETYPE_END_GROUP);
                }),
            200),
        Arguments.of(
            "an unknown number in an input",
            REQUEST,
            each(
                (out, _) -> out.writeByteArray(INPUTS, wire(in -> in.writeInt32(NOBODY_KNOWS, 7)))),
            252));
  }

  @Test
  void largeTensorsWeighWhatTheyBring() {
    var raw =
        ModelInferRequest.newBuilder()
            .addRawInputContents(ByteString.copyFrom(new byte[1 << 20]))
            .build();
    assertTrue(weight(raw.toByteArray(), REQUEST) < 1000);
    long typed = weight(packed(6, new byte[1 << 20]), CONTENTS);
    assertTrue(typed < (1 << 20) + 1000, () -> typed + " bytes");
  }

  @Test
  void itGoesNoFurtherThanTheLimit() {
    byte[] message = each((out, _) -> out.writeBytes(INPUTS, NONE));
    var weighed = MessageWeight.of(message, REQUEST, 1000);
    assertTrue(weighed.bytes() > 1000 && weighed.bytes() < 1200, weighed::toString);
    byte[] numbers = packed(3, new byte[COUNT]);
    var inOneField = MessageWeight.of(numbers, CONTENTS, 1000);
    assertTrue(inOneField.bytes() > 1000 && inOneField.bytes() < 1200, inOneField::toString);
  }

  /** Protobuf's parser refuses what is deeper, and we would not want to be there. */
  @Test
  void itGoesNoDeeperThanTheParser() {
    byte[] groups =
        wire(
            out -> {
              for (int i = 0; i < 1_000_000; i++) {
                out.writeTag(NOBODY_KNOWS, WireFormat.WIRETYPE_START_GROUP);
              }
            });
    assertTrue(weight(groups, REQUEST) < 102 * 200);
    for (int depth : new int[] {100, 101}) {
      byte[] nested = new byte[0];
      for (int i = 0; i < depth; i++) {
        byte[] inner = nested;
        nested = wire(out -> out.writeByteArray(1, inner));
      }
      Descriptor itself = recursive();
      boolean parsed = parses(DynamicMessage.getDefaultInstance(itself), nested);
      assertEquals(depth == 100, parsed);
      assertEquals(parsed, MessageWeight.of(nested, itself, Long.MAX_VALUE).allKnown());
    }
  }

  @Test
  void aKnownGroupIsAMessage() {
    Descriptor type = withGroup();
    byte[] message =
        each(
            (out, i) -> {
              out.writeTag(1, WireFormat.WIRETYPE_START_GROUP);
              out.writeInt32(2, i);
              out.writeTag(1, WireFormat.WIRETYPE_END_GROUP);
            });
    var weighed = MessageWeight.of(message, type, Long.MAX_VALUE);
    assertTrue(weighed.allKnown());
    assertTrue(weighed.bytes() >= 48 * COUNT && weighed.bytes() < 100 * COUNT, weighed::toString);
  }

  @Test
  void aKnownNumberInAnotherWireTypeIsUnknown() {
    byte[] message = wire(out -> out.writeInt32(INPUTS, 7));
    assertFalse(MessageWeight.of(message, REQUEST, Long.MAX_VALUE).allKnown());
    byte[] length = new byte[] {0x2a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f};
    assertFalse(MessageWeight.of(length, REQUEST, Long.MAX_VALUE).allKnown());
  }

  /** It throws nothing, and calls known what the parser takes whole, and nothing else. */
  @RepeatedTest(20)
  void itAgreesWithTheParserAboutAnyBytes() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    byte[] message = message(random).toByteArray();
    for (int i = 0; i < 2000; i++) {
      byte[] mutant = mutated(message, random);
      boolean known;
      try {
        known = MessageWeight.of(mutant, REQUEST, Long.MAX_VALUE).allKnown();
      } catch (RuntimeException | Error thrown) {
        throw new AssertionError("seed " + seed, thrown);
      }
      try {
        // Not the generated class: it drops what it does not know in the entries of its maps.
        boolean whole = isWhole(DynamicMessage.parseFrom(REQUEST, mutant));
        assertEquals(whole, known, () -> "seed " + seed + ": " + Arrays.toString(mutant));
      } catch (InvalidProtocolBufferException _) {
        // What the parser refuses may weigh anything.
      }
    }
  }

  private static boolean isWhole(MessageOrBuilder message) {
    return message.getUnknownFields().asMap().isEmpty()
        && message.getAllFields().values().stream()
            .flatMap(
                value -> value instanceof List<?> list ? list.stream() : List.of(value).stream())
            .allMatch(value -> !(value instanceof Message inner) || isWhole(inner));
  }

  private static ModelInferRequest message(Random random) {
    var message = ModelInferRequest.newBuilder().setModelName("m").setId("7");
    for (int i = random.nextInt(4); i >= 0; i--) {
      var input = InferInputTensor.newBuilder().setName("in" + i).addShape(1).addShape(-1);
      input.getContentsBuilder().addFp32Contents(1).addInt64Contents(1L << random.nextInt(63));
      input.getContentsBuilder().addBytesContents(ByteString.copyFromUtf8("ab"));
      input.putParameters("k" + i, InferParameter.newBuilder().setDoubleParam(2).build());
      message.addInputs(input).addOutputsBuilder().setName("out");
    }
    return message.addRawInputContents(ByteString.copyFromUtf8("raw")).build();
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    byte[] mutant = bytes.clone();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(mutant.length);
      switch (random.nextInt(3)) {
        case 0 -> mutant[at] = (byte) random.nextInt(256);
        case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
        default -> mutant = Arrays.copyOf(mutant, Math.max(1, at));
      }
    }
    return mutant;
  }

  private static long weight(byte[] message, Descriptor type) {
    return MessageWeight.of(message, type, Long.MAX_VALUE).bytes();
  }

  private static boolean parses(Message prototype, byte[] bytes) {
    try {
      prototype.getParserForType().parseFrom(bytes);
      return true;
    } catch (InvalidProtocolBufferException _) {
      return false;
    }
  }

  private static Descriptor recursive() {
    return type(
        DescriptorProto.newBuilder()
            .setName("Nested")
            .addField(field("inner", 1, FieldDescriptorProto.Type.TYPE_MESSAGE, ".Nested")));
  }

  private static Descriptor withGroup() {
    return type(
        DescriptorProto.newBuilder()
            .setName("Outer")
            .addNestedType(
                DescriptorProto.newBuilder()
                    .setName("Inner")
                    .addField(field("number", 2, FieldDescriptorProto.Type.TYPE_INT32, "")))
            .addField(field("inner", 1, FieldDescriptorProto.Type.TYPE_GROUP, ".Outer.Inner")));
  }

  private static FieldDescriptorProto field(
      String name, int number, FieldDescriptorProto.Type type, String message) {
    var field =
        FieldDescriptorProto.newBuilder()
            .setName(name)
            .setNumber(number)
            .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)
            .setType(type);
    return message.isEmpty() ? field.build() : field.setTypeName(message).build();
  }

  private static Descriptor type(DescriptorProto.Builder type) {
    var file = FileDescriptorProto.newBuilder().setName("test.proto").addMessageType(type).build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0]).getMessageTypes().getFirst();
    } catch (DescriptorValidationException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @FunctionalInterface
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  @FunctionalInterface
  private interface Element {
    void write(CodedOutputStream out, int index) throws IOException;
  }

  private static byte[] wire(Fields fields) {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static byte[] each(Element element) {
    return wire(
        out -> {
          for (int i = 0; i < COUNT; i++) {
            element.write(out, i);
          }
        });
  }

  private static byte[] text(int number, String text) {
    return wire(out -> out.writeString(number, text));
  }

  private static byte[] packed(int number, byte[] values) {
    return wire(out -> out.writeByteArray(number, values));
  }
}
