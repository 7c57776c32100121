package io.trawl.workers.tensors;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Triton reads it: beyond the standard there are {@code NaN}, {@code Infinity} and {@code
 * -Infinity}; comments are passed over. A number that no double holds stays one, a {@link
 * BigDecimal}, so that whoever takes it can refuse it.
 */
public final class JsonText {
  /** The library takes more: {@code INF} in place of Infinity, and a plus before both. */
  private static final Set<String> NO_DIGITS = Set.of("NaN", "Infinity", "-Infinity");

  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          // Callers choose the names: nothing of them is kept.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private JsonText() {}

  /**
   * Reads UTF-8 and nothing else, whatever the first bytes look like.
   *
   * @throws InvalidTensors if it is no JSON object
   */
  public static JsonObject object(Buffer utf8) {
    byte[] bytes = utf8.getBytes();
    // The decoder, not the charset: that would put a character in the place of what is malformed.
    return object(() -> new InputStreamReader(new ByteArrayInputStream(bytes), UTF_8.newDecoder()));
  }

  /**
   * @throws InvalidTensors if it is no JSON object
   */
  public static JsonObject object(String text) {
    return object(() -> new StringReader(text));
  }

  private static JsonObject object(Supplier<Reader> text) {
    try (JsonParser parser = JSON.createParser(text.get())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw unreadable("expected an object");
      }
      JsonObject object = object(parser);
      if (parser.nextToken() != null) {
        throw unreadable("expected nothing after the object");
      }
      return object;
    } catch (CharacterCodingException e) {
      throw unreadable("it is not UTF-8");
    } catch (JsonProcessingException e) {
      throw unreadable(JsonFault.words(e, JSON.streamReadConstraints(), text.get()));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  private static JsonObject object(JsonParser parser) throws IOException {
    JsonObject object = new JsonObject();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      object.put(name, value(parser));
    }
    return object;
  }

  private static JsonArray array(JsonParser parser) throws IOException {
    JsonArray array = new JsonArray();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  private static @Nullable Object value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> number(parser);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw unreadable("unexpected " + parser.currentToken());
    };
  }

  private static Number number(JsonParser parser) throws IOException {
    double value = parser.getDoubleValue();
    String text = parser.getText();
    if (NO_DIGITS.contains(text) || Double.isFinite(value)) {
      return value;
    }
    if (!Character.isDigit(text.charAt(text.length() - 1))) {
      throw unreadable(
          "found %s; a number without digits is NaN, Infinity or -Infinity"
              .formatted(Quoted.of(text)));
    }
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException beyondAll) {
      throw unreadable("a number whose exponent is beyond any type");
    }
  }

  private static InvalidTensors unreadable(String why) {
    return new InvalidTensors("failed to parse the request JSON buffer: " + why);
  }
}
