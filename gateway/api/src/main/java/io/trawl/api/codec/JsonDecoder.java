package io.trawl.api.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.google.protobuf.Message;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.check.Violations;
import io.trawl.domain.Violation;
import io.trawl.workers.tensors.JsonFault;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * JSON to any message of the API, by the message's own descriptor, strictly: as the head of
 * retrieval.proto describes it.
 *
 * <p>protobuf-java-util's JsonFormat is not used because its errors do not say which field they are
 * about, and stop at the first.
 */
public final class JsonDecoder {

  /** Deeper than any filter within {@link ApiLimits.Filters#maxFilterDepth}. */
  static final int MAX_NESTING = 64;

  /** Fewer bytes for each of its values has no request that is meant. */
  private static final int LEAST_BYTES_OF_A_VALUE = 8;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          // NaN becomes a token and so an error that names its field.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          // Callers choose the names: nothing of them is kept.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final int maxViolations;
  private final int maxValues;

  /** Of documents that are our own. */
  public JsonDecoder(int maxViolations) {
    this(maxViolations, Integer.MAX_VALUE);
  }

  /** Of callers' requests. */
  public static JsonDecoder within(ApiLimits.Messages limits) {
    return new JsonDecoder(limits.maxViolations(), limits.maxBodyBytes() / LEAST_BYTES_OF_A_VALUE);
  }

  private JsonDecoder(int maxViolations, int maxValues) {
    this.maxViolations = maxViolations;
    this.maxValues = maxValues;
  }

  public <M extends Message> Decoded<M> decode(byte[] body, M prototype) {
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(body))
              .toString();
    } catch (CharacterCodingException notUtf8) {
      return unreadable("the body is not UTF-8");
    }
    if (text.isBlank()) {
      return unreadable("the body is empty; expected a JSON object");
    }
    return decode(text, prototype);
  }

  private <M extends Message> Decoded<M> decode(String text, M prototype) {
    var violations = new Violations(maxViolations);
    try (var parser = FACTORY.createParser(text)) {
      var reader = new JsonReader(parser, violations, maxValues);
      var builder = prototype.newBuilderForType();
      try {
        reader.readDocument(builder);
      } catch (JsonProcessingException fault) {
        violations.add(
            reader.position(),
            JsonFault.words(fault, FACTORY.streamReadConstraints(), new StringReader(text)));
      }
      if (violations.none()) {
        @SuppressWarnings("unchecked") // a prototype's builder builds the prototype's class
        var message = (M) builder.build();
        return new Decoded.Legible<>(message);
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException("reading a string", impossible);
    }
    return new Decoded.Illegible<>(violations.list());
  }

  private static <M extends Message> Decoded<M> unreadable(String why) {
    return new Decoded.Illegible<>(List.of(new Violation("", why)));
  }
}
