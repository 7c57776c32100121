package io.trawl.workers.server.repository;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.JsonText;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a message out of JSON as Triton's clients send it: names as in the .proto or in camel case,
 * 64-bit integers as numbers or as text, enums by name or number. What the message does not have,
 * or not with that value, is named by its path.
 */
final class JsonConfig {
  /** More than any whole number of 64 bits has. */
  private static final int MAX_NUMBER_LENGTH = 32;

  private final List<String> problems = new ArrayList<>();

  private JsonConfig() {}

  /**
   * Merges a JSON text into a message.
   *
   * @return what is wrong with fields that were left out for it
   */
  static List<String> merge(String text, Message.Builder into) throws ConfigException {
    try {
      JsonConfig json = new JsonConfig();
      json.merge("", JsonText.object(text), into);
      return json.problems;
    } catch (InvalidTensors e) {
      throw new ConfigException("is not a JSON object: " + e.getMessage(), e);
    }
  }

  private void merge(String path, JsonObject json, Message.Builder into) {
    for (Map.Entry<String, Object> each : json) {
      String here = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
      try {
        set(here, field(here, each.getKey(), into), each.getValue(), into);
      } catch (ConfigException e) {
        problems.add(e.getMessage());
      }
    }
  }

  private void set(String here, FieldDescriptor field, @Nullable Object value, Message.Builder into)
      throws ConfigException {
    if (value == null) {
      return;
    }
    if (field.isMapField()) {
      putAll(here, field, expect(here, value, JsonObject.class, "an object"), into);
    } else if (field.isRepeated()) {
      JsonArray elements = expect(here, value, JsonArray.class, "an array");
      for (int i = 0; i < elements.size(); i++) {
        String at = here + "[" + i + "]";
        into.addRepeatedField(field, value(at, field, elements.getValue(i), into));
      }
    } else {
      into.setField(field, value(here, field, value, into));
    }
  }

  private static FieldDescriptor field(String path, String name, Message.Builder into)
      throws ConfigException {
    for (FieldDescriptor field : into.getDescriptorForType().getFields()) {
      if (field.getName().equals(name) || field.getJsonName().equals(name)) {
        return field;
      }
    }
    throw new ConfigException(
        "field '%s' is not honoured by this worker, which accepts the fields listed in its README"
            .formatted(path));
  }

  private void putAll(String path, FieldDescriptor field, JsonObject json, Message.Builder into)
      throws ConfigException {
    FieldDescriptor keys = field.getMessageType().findFieldByName("key");
    FieldDescriptor values = field.getMessageType().findFieldByName("value");
    for (Map.Entry<String, Object> each : json) {
      String here = path + "[\"" + each.getKey() + "\"]";
      Message.Builder entry = into.newBuilderForField(field);
      entry.setField(keys, value(here, keys, each.getKey(), entry));
      entry.setField(values, value(here, values, each.getValue(), entry));
      into.addRepeatedField(field, entry.build());
    }
  }

  private Object value(
      String path, FieldDescriptor field, @Nullable Object value, Message.Builder owner)
      throws ConfigException {
    return switch (field.getJavaType()) {
      case MESSAGE -> {
        Message.Builder nested = owner.newBuilderForField(field);
        merge(path, expect(path, value, JsonObject.class, "an object"), nested);
        yield nested.build();
      }
      case BOOLEAN -> expect(path, value, Boolean.class, "a boolean");
      case STRING -> expect(path, value, String.class, "a string");
      case ENUM -> constant(path, field, value);
      case INT -> (int) whole(path, field, value);
      case LONG -> whole(path, field, value);
      case FLOAT, DOUBLE, BYTE_STRING ->
          throw new IllegalStateException("no configuration field is " + field.getJavaType());
    };
  }

  private static EnumValueDescriptor constant(
      String path, FieldDescriptor field, @Nullable Object value) throws ConfigException {
    EnumValueDescriptor found =
        switch (value) {
          case String name -> field.getEnumType().findValueByName(name);
          case Integer number -> field.getEnumType().findValueByNumber(number);
          case null, default -> null;
        };
    if (found == null) {
      throw refused(path, value, "a value of " + field.getEnumType().getName());
    }
    return found;
  }

  private static long whole(String path, FieldDescriptor field, @Nullable Object value)
      throws ConfigException {
    boolean isUnsigned =
        field.getType() == FieldDescriptor.Type.UINT32
            || field.getType() == FieldDescriptor.Type.UINT64;
    int bits = field.getJavaType() == FieldDescriptor.JavaType.INT ? 32 : 64;
    try {
      BigInteger number = whole(String.valueOf(value));
      boolean fits =
          isUnsigned
              ? number.signum() >= 0 && number.bitLength() <= bits
              : number.bitLength() < bits;
      if (fits) {
        return number.longValue();
      }
    } catch (NumberFormatException _) {
      // Answered below, as what is not a number of that size.
    }
    throw refused(
        path, value, "a whole number of " + bits + " bits" + (isUnsigned ? ", 0 or more" : ""));
  }

  /** Looks at the exponent first: written out, 1e999999999 has a thousand million digits. */
  private static BigInteger whole(String text) {
    BigDecimal number =
        text.length() > MAX_NUMBER_LENGTH ? null : new BigDecimal(text).stripTrailingZeros();
    if (number == null || number.scale() > 0 || number.scale() < -MAX_NUMBER_LENGTH) {
      throw new NumberFormatException(text);
    }
    return number.toBigInteger();
  }

  private static <T> T expect(String path, @Nullable Object value, Class<T> type, String expected)
      throws ConfigException {
    if (!type.isInstance(value)) {
      throw refused(path, value, expected);
    }
    return type.cast(value);
  }

  private static ConfigException refused(String path, @Nullable Object value, String expected) {
    return new ConfigException(
        "%s is '%s', expected %s"
            .formatted(path, ConfigReader.excerpt(String.valueOf(value)), expected));
  }
}
