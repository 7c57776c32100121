package io.trawl.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Value;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Any message of the API to JSON, as the head of retrieval.proto describes it. */
public final class JsonEncoder {

  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonEncoder() {}

  public static Buffer encode(Message message) {
    return write(json -> writeMessage(json, message));
  }

  /** Writes a document that is no message of the API, such as a problem. */
  public static Buffer write(Writer writer) {
    var bytes = new ByteArrayOutputStream(512);
    try (var json = FACTORY.createGenerator(bytes)) {
      writer.write(json);
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing to memory", impossible);
    }
    return HeapBytes.wrap(bytes.toByteArray());
  }

  private static void writeMessage(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    for (var field : message.getDescriptorForType().getFields()) {
      if (field.hasPresence() && !message.hasField(field)) {
        continue;
      }
      json.writeFieldName(field.getName());
      writeField(json, field, message.getField(field));
    }
    json.writeEndObject();
  }

  private static void writeField(JsonGenerator json, FieldDescriptor field, Object value)
      throws IOException {
    if (field.isMapField()) {
      json.writeStartObject();
      for (var entry : (List<?>) value) {
        writeEntry(json, field, (Message) entry);
      }
      json.writeEndObject();
    } else if (field.isRepeated()) {
      json.writeStartArray();
      for (var element : (List<?>) value) {
        writeValue(json, element);
      }
      json.writeEndArray();
    } else {
      writeValue(json, value);
    }
  }

  private static void writeEntry(JsonGenerator json, FieldDescriptor map, Message entry)
      throws IOException {
    var type = map.getMessageType();
    json.writeFieldName(String.valueOf(entry.getField(type.findFieldByName("key"))));
    writeValue(json, entry.getField(type.findFieldByName("value")));
  }

  private static void writeValue(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case String text -> json.writeString(text);
      case Boolean flag -> json.writeBoolean(flag);
      case Integer number -> json.writeNumber(number);
      case Long number -> json.writeNumber(number);
      case Float number -> writeNumber(json, number);
      case Double number -> writeNumber(json, number);
      case Value scalar -> writeScalar(json, scalar);
      case ListValue list -> {
        json.writeStartArray();
        for (var element : list.getValuesList()) {
          writeScalar(json, element);
        }
        json.writeEndArray();
      }
      case Message message -> writeMessage(json, message);
      default -> throw new IllegalStateException("no answer holds a " + value.getClass());
    }
  }

  private static void writeNumber(JsonGenerator json, Number number) throws IOException {
    if (!Double.isFinite(number.doubleValue())) {
      throw new IllegalStateException("no JSON number is " + number);
    }
    json.writeNumber(number.toString());
  }

  private static void writeScalar(JsonGenerator json, Value value) throws IOException {
    switch (value.getKindCase()) {
      case STRING_VALUE -> json.writeString(value.getStringValue());
      case NUMBER_VALUE -> writeNumber(json, value.getNumberValue());
      case BOOL_VALUE -> json.writeBoolean(value.getBoolValue());
      case NULL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET ->
          throw new IllegalStateException("no answer holds a " + value.getKindCase());
    }
  }

  /** Writes one document. */
  @FunctionalInterface
  public interface Writer {
    void write(JsonGenerator json) throws IOException;
  }
}
