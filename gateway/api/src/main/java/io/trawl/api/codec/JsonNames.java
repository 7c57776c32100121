package io.trawl.api.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.trawl.domain.Nearest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The names by which a message's fields come in as JSON. */
final class JsonNames {

  private static final Map<Descriptor, JsonNames> CACHE = new ConcurrentHashMap<>();

  private final Descriptor type;
  private final Map<String, FieldDescriptor> fields = new HashMap<>();

  private JsonNames(Descriptor type) {
    this.type = type;
    for (var field : type.getFields()) {
      fields.put(field.getName(), field);
      fields.put(field.getJsonName(), field);
    }
  }

  static JsonNames of(Descriptor type) {
    return CACHE.computeIfAbsent(type, JsonNames::new);
  }

  @Nullable FieldDescriptor field(String name) {
    return fields.get(name);
  }

  /** What the caller may have meant: the nearest name if one is near, else all of them. */
  String advice(String name) {
    var known = type.getFields().stream().map(FieldDescriptor::getName).toList();
    return Nearest.to(name, known)
        .map("; did you mean %s?"::formatted)
        .orElseGet(() -> Nearest.advice(name, known));
  }
}
