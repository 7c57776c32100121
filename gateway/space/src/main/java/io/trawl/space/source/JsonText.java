package io.trawl.space.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.trawl.domain.RequestBounds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Text on its way into maps, lists and values. Refuses what the JSON library lets pass and no
 * request may hold: a key given twice, half of a surrogate pair, a number that no double holds.
 */
final class JsonText {

  private static final JsonFactory FACTORY = new JsonFactory();

  private final Supplier<String> file;
  private final JsonParser parser;

  private JsonText(Supplier<String> file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /** The one value that the text is: Map, List, String, Number, Boolean or null. */
  static @Nullable Object read(Supplier<String> file, String text) {
    try (var parser = FACTORY.createParser(text)) {
      var reader = new JsonText(file, parser);
      if (parser.nextToken() == null) {
        throw noJson(file, "there is nothing");
      }
      var value = reader.value();
      if (parser.nextToken() != null) {
        throw noJson(file, "more follows its end");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw noJson(file, why(e));
    } catch (IOException e) {
      throw new IllegalStateException("text in memory could not be read", e);
    }
  }

  private static SpaceRefused noJson(Supplier<String> file, String why) {
    return new SpaceRefused(file.get(), "is not JSON (" + why + ")", "one JSON value");
  }

  /** In words of ours: the library's own messages name its classes and options. */
  private static String why(JsonProcessingException wrong) {
    if (wrong instanceof StreamConstraintsException beyond) {
      return beyond(String.valueOf(beyond.getMessage()));
    }
    var at = wrong.getLocation();
    return at == null
        ? "wrong"
        : "wrong at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
  }

  /** The library has one type for all of its bounds: which it was, its first words tell. */
  private static String beyond(String message) {
    if (message.startsWith("Document nesting depth")) {
      return "nested too deep";
    }
    if (message.startsWith("Number value length")) {
      return "with a number of too many characters";
    }
    return message.startsWith("Name length")
        ? "with a name of too many characters"
        : "with a text of too many characters";
  }

  private @Nullable Object value() throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object();
      case START_ARRAY -> array();
      case VALUE_STRING -> string();
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> number();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IllegalStateException("a token that begins no value");
    };
  }

  private Map<String, @Nullable Object> object() throws IOException {
    var members = new LinkedHashMap<String, @Nullable Object>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      if (!RequestBounds.isWholeText(name)) {
        throw refused(
            parser.getParsingContext().getParent(),
            "has a key with half of a surrogate pair",
            "whole Unicode text");
      }
      if (members.containsKey(name)) {
        throw refused(parser.getParsingContext(), "is given twice", "it once");
      }
      parser.nextToken();
      members.put(name, value());
    }
    return members;
  }

  private List<@Nullable Object> array() throws IOException {
    var elements = new ArrayList<@Nullable Object>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value());
    }
    return elements;
  }

  private String string() throws IOException {
    var text = parser.getText();
    if (!RequestBounds.isWholeText(text)) {
      throw refused(
          parser.getParsingContext(), "holds half of a surrogate pair", "whole Unicode text");
    }
    return text;
  }

  private double number() throws IOException {
    var number = parser.getDoubleValue();
    if (!Double.isFinite(number)) {
      throw refused(
          parser.getParsingContext(), "is " + JsonNode.cut(parser.getText()), "a finite number");
    }
    return number;
  }

  private SpaceRefused refused(JsonStreamContext at, String found, String expected) {
    var path = path(at);
    return new SpaceRefused(file.get(), path.isEmpty() ? found : path + " " + found, expected);
  }

  private static String path(JsonStreamContext innermost) {
    var path = new StringBuilder();
    for (var at = innermost; at != null && !at.inRoot(); at = at.getParent()) {
      path.insert(0, at.inArray() ? "[" + at.getCurrentIndex() + "]" : "." + at.getCurrentName());
    }
    return path.isEmpty() || path.charAt(0) != '.' ? path.toString() : path.substring(1);
  }
}
