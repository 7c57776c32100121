package io.trawl.api;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Arrays;
import java.util.Comparator;
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
    if (known.isEmpty()) {
      return "; expected none";
    }
    if (name.length() <= 64) {
      var nearest = known.stream().min(Comparator.comparingInt(other -> distance(name, other)));
      if (nearest.isPresent() && distance(name, nearest.get()) <= nearest.get().length() / 3 + 1) {
        return "; did you mean " + nearest.get() + "?";
      }
    }
    return "; expected one of " + String.join(", ", known);
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(above, row[j - 1]) + 1, diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
