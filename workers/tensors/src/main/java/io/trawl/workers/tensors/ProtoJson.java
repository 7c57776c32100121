package io.trawl.workers.tensors;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * Messages as JSON in the way Triton writes them: names as in the .proto, 64-bit integers as
 * numbers, scalars and lists even where they have their default.
 */
public final class ProtoJson {
  private ProtoJson() {}

  public static JsonObject of(Message message) {
    JsonObject json = new JsonObject();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.isMapField()) {
        json.put(field.getName(), map((List<?>) message.getField(field)));
      } else if (field.isRepeated()) {
        json.put(field.getName(), list((List<?>) message.getField(field)));
      } else if (!field.hasPresence() || message.hasField(field)) {
        json.put(field.getName(), value(message.getField(field)));
      }
    }
    return json;
  }

  private static JsonArray list(List<?> values) {
    JsonArray array = new JsonArray();
    values.forEach(each -> array.add(value(each)));
    return array;
  }

  private static JsonObject map(List<?> entries) {
    JsonObject object = new JsonObject();
    for (Object each : entries) {
      MapEntry<?, ?> entry = (MapEntry<?, ?>) each;
      object.put(String.valueOf(entry.getKey()), value(entry.getValue()));
    }
    return object;
  }

  private static Object value(Object value) {
    return switch (value) {
      case Message message -> of(message);
      case EnumValueDescriptor constant -> constant.getName();
      default -> value;
    };
  }
}
