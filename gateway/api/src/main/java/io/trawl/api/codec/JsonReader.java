package io.trawl.api.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.Value;
import io.trawl.api.check.Path;
import io.trawl.api.check.Violations;
import io.trawl.domain.RequestBounds;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One JSON document on its way into a message. What is wrong is noted under its path and skipped,
 * so that one reading finds as much as it can; only text that is not JSON ends it early.
 */
final class JsonReader {

  private final JsonParser parser;
  private final Violations violations;
  private final int maxValues;
  private int values;

  /** What is being read, for errors that the parser finds. */
  private Path position = Path.ROOT;

  /**
   * @param maxValues objects, texts, numbers and flags that are read of one document
   */
  JsonReader(JsonParser parser, Violations violations, int maxValues) {
    this.parser = parser;
    this.violations = violations;
    this.maxValues = maxValues;
  }

  Path position() {
    return position;
  }

  void readDocument(Message.Builder into) throws IOException {
    parser.nextToken();
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      wrong(Path.ROOT, "a JSON object");
    } else {
      readObject(into, Path.ROOT);
    }
    if (values > maxValues) {
      violations.add(Path.ROOT, "has too many values; expected at most " + maxValues);
    }
    if (enough()) {
      return;
    }
    if (next(Path.ROOT) != null) {
      violations.add(Path.ROOT, "has more after the end of its JSON object; expected nothing");
    }
  }

  /** Whether there is no use in what is left of the document. */
  private boolean enough() {
    return violations.full() || values > maxValues;
  }

  private void readObject(Message.Builder into, Path path) throws IOException {
    var names = JsonNames.of(into.getDescriptorForType());
    Set<FieldDescriptor> seen = new HashSet<>();
    while (next(path) != JsonToken.END_OBJECT) {
      if (enough()) {
        return;
      }
      var name = parser.currentName();
      var field = names.field(name);
      if (field == null) {
        parser.nextToken();
        parser.skipChildren();
        violations.add(path.field(safe(name)), "is not a field here" + names.advice(name));
        continue;
      }
      position = path.field(field.getName());
      parser.nextToken();
      if (!seen.add(field)) {
        parser.skipChildren();
        violations.add(position, "is given twice; expected once");
      } else if (parser.currentToken() != JsonToken.VALUE_NULL) {
        readField(into, field, position);
      }
    }
  }

  /** The next name, element or end inside of what stands at {@code path}. */
  private @Nullable JsonToken next(Path path) throws IOException {
    position = path;
    return parser.nextToken();
  }

  private void readField(Message.Builder into, FieldDescriptor field, Path path)
      throws IOException {
    if (field.isMapField()) {
      readMap(into, field, path);
    } else if (field.isRepeated()) {
      readList(into, field, path);
    } else {
      var value = readValue(into, field, path);
      if (value != null) {
        into.setField(field, value);
      }
    }
  }

  private void readList(Message.Builder into, FieldDescriptor field, Path path) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      wrong(path, "a list");
      return;
    }
    for (int i = 0; next(path) != JsonToken.END_ARRAY; i++) {
      if (enough()) {
        return;
      }
      position = path.at(i);
      var value = readValue(into, field, position);
      if (value != null) {
        into.addRepeatedField(field, value);
      }
    }
  }

  private void readMap(Message.Builder into, FieldDescriptor field, Path path) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      wrong(path, "an object");
      return;
    }
    var keyField = field.getMessageType().findFieldByName("key");
    var valueField = field.getMessageType().findFieldByName("value");
    Set<String> seen = new HashSet<>();
    while (next(path) != JsonToken.END_OBJECT) {
      if (enough()) {
        return;
      }
      var key = parser.currentName();
      position = path.key(key);
      parser.nextToken();
      var entry = into.newBuilderForField(field);
      var value = readValue(entry, valueField, position);
      if (!RequestBounds.isWholeText(key)) {
        violations.add(position, "is not a whole Unicode text");
      } else if (!seen.add(key)) {
        violations.add(position, "is given twice; expected once");
      } else if (value != null) {
        into.addRepeatedField(
            field, entry.setField(keyField, key).setField(valueField, value).build());
      }
    }
  }

  /** The value at the current token, or null where it is wrong and has been noted and skipped. */
  private @Nullable Object readValue(Message.Builder into, FieldDescriptor field, Path path)
      throws IOException {
    values++;
    return switch (field.getJavaType()) {
      case STRING -> readText(path);
      case BOOLEAN -> readFlag(path);
      case INT, LONG -> readWholeNumber(field.getJavaType(), path);
      case DOUBLE -> readNumber(path);
      case FLOAT -> readSingle(path);
      case MESSAGE ->
          isScalarValue(field.getMessageType())
              ? readScalar(path)
              : readMessage(into.newBuilderForField(field), path);
      case ENUM, BYTE_STRING ->
          throw new IllegalStateException(field.getFullName() + " has a type no request uses");
    };
  }

  private @Nullable Message readMessage(Message.Builder into, Path path) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      wrong(path, "an object");
      return null;
    }
    readObject(into, path);
    return into.build();
  }

  private @Nullable String readText(Path path) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      wrong(path, "a text");
      return null;
    }
    var text = parser.getText();
    if (!RequestBounds.isWholeText(text)) {
      violations.add(path, "is not a whole Unicode text: it holds half of a surrogate pair");
      return null;
    }
    return text;
  }

  private @Nullable Boolean readFlag(Path path) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> {
        wrong(path, "true or false");
        yield null;
      }
    };
  }

  private @Nullable Object readWholeNumber(JavaType type, Path path) throws IOException {
    boolean wide = type == JavaType.LONG;
    boolean digits =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            || (wide && parser.currentToken() == JsonToken.VALUE_STRING);
    if (digits) {
      try {
        long value = Long.parseLong(parser.getText());
        if (wide) {
          return value;
        }
        return Math.toIntExact(value);
      } catch (NumberFormatException | ArithmeticException outOfRange) {
        // Noted below, with the range.
      }
    }
    wrong(
        path,
        wide
            ? "a whole number from -2^63 to 2^63 - 1"
            : "a whole number from -2147483648 to 2147483647");
    return null;
  }

  private @Nullable Double readNumber(Path path) throws IOException {
    if (parser.currentToken().isNumeric() && Double.isFinite(parser.getDoubleValue())) {
      return parser.getDoubleValue();
    }
    wrong(path, "a finite number");
    return null;
  }

  private @Nullable Float readSingle(Path path) throws IOException {
    if (parser.currentToken().isNumeric() && Float.isFinite((float) parser.getDoubleValue())) {
      return (float) parser.getDoubleValue();
    }
    wrong(path, "a finite number of single precision");
    return null;
  }

  private @Nullable Value readScalar(Path path) throws IOException {
    var value = Value.newBuilder();
    switch (parser.currentToken()) {
      case VALUE_STRING -> {
        var text = readText(path);
        return text == null ? null : value.setStringValue(text).build();
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return value.setBoolValue(parser.getBooleanValue()).build();
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        var number = readNumber(path);
        return number == null ? null : value.setNumberValue(number).build();
      }
      default -> {
        wrong(path, "a text, a number, or true or false");
        return null;
      }
    }
  }

  private void wrong(Path path, String expected) throws IOException {
    violations.add(path, "is " + found() + "; expected " + expected);
    parser.skipChildren();
  }

  private String found() throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> "the text " + Violations.quote(parser.getText());
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> parser.getText();
      default -> shortened(parser.getText());
    };
  }

  private static String shortened(String number) {
    return number.length() <= 40 ? number : number.substring(0, 40) + "…";
  }

  private static String safe(String name) {
    var quoted = Violations.quote(name);
    return quoted.substring(1, quoted.length() - 1);
  }

  private static boolean isScalarValue(Descriptor type) {
    return type.getFullName().equals("google.protobuf.Value");
  }
}
