package io.trawl.api.codec;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.trawl.api.check.Path;
import io.trawl.api.check.Violations;
import io.trawl.domain.Violation;
import java.util.List;

/**
 * Protobuf bytes to any message of the API. Fields of unknown numbers are ignored, as protobuf
 * means it; a known number in a wire type of another kind is an error that names the field, where
 * protobuf's own parser takes it for unknown and would silently answer another question.
 */
public final class WireDecoder {

  private final int maxViolations;

  public WireDecoder(int maxViolations) {
    this.maxViolations = maxViolations;
  }

  /**
   * Decodes bytes whose weight is within bounds.
   *
   * @param allKnown whether every field is of a known number and wire type, as {@link
   *     io.trawl.workers.wire.MessageWeight} tells: then nothing has to be sought
   */
  public <M extends Message> Decoded<M> decode(byte[] bytes, M prototype, boolean allKnown) {
    Message message;
    try {
      message = prototype.getParserForType().parseFrom(bytes);
    } catch (InvalidProtocolBufferException undecodable) {
      var type = prototype.getDescriptorForType().getFullName();
      return new Decoded.Illegible<>(
          List.of(new Violation("", "is not a decodable protobuf message " + type)));
    }
    var violations = new Violations(maxViolations);
    if (!allKnown) {
      findWrongTypes(message, Path.ROOT, violations);
    }
    if (!violations.none()) {
      return new Decoded.Illegible<>(violations.list());
    }
    @SuppressWarnings("unchecked") // a prototype's parser makes the prototype's class
    var checked = (M) message;
    return new Decoded.Legible<>(checked);
  }

  private static void findWrongTypes(Message message, Path path, Violations violations) {
    var type = message.getDescriptorForType();
    for (int number : message.getUnknownFields().asMap().keySet()) {
      var field = type.findFieldByNumber(number);
      if (field != null) {
        violations.add(
            path.field(field.getName()), "has another wire type; expected " + kind(field));
      }
    }
    // Most messages of a large request are behaviours, which hold no others.
    if (type.getFields().stream().noneMatch(WireDecoder::holdsMessages)) {
      return;
    }
    for (var entry : message.getAllFields().entrySet()) {
      var field = entry.getKey();
      if (!holdsMessages(field) || violations.full()) {
        continue;
      }
      var at = path.field(field.getName());
      if (field.isRepeated()) {
        var elements = (List<?>) entry.getValue();
        for (int i = 0; i < elements.size(); i++) {
          findWrongTypes((Message) elements.get(i), at.at(i), violations);
        }
      } else {
        findWrongTypes((Message) entry.getValue(), at, violations);
      }
    }
  }

  private static boolean holdsMessages(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }

  private static String kind(FieldDescriptor field) {
    return switch (field.getLiteType().getWireType()) {
      case WireFormat.WIRETYPE_VARINT -> "a varint";
      case WireFormat.WIRETYPE_FIXED64 -> "64 bits";
      case WireFormat.WIRETYPE_FIXED32 -> "32 bits";
      default -> "a length and bytes";
    };
  }
}
