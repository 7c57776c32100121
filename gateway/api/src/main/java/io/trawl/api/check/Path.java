package io.trawl.api.check;

import org.jspecify.annotations.Nullable;

/**
 * Where in a request something stands, such as {@code filter.all[1].equal.attribute}. Linked to its
 * parent and written out only when something is wrong.
 */
public record Path(@Nullable Path parent, String name, int index) {

  private static final int NO_INDEX = -1;

  public static final Path ROOT = new Path(null, "", NO_INDEX);

  public Path field(String field) {
    return new Path(this, field, NO_INDEX);
  }

  public Path at(int element) {
    return new Path(this, "", element);
  }

  public Path key(String key) {
    return new Path(this, "[" + Violations.quote(key) + "]", NO_INDEX);
  }

  @Override
  public String toString() {
    if (parent == null) {
      return "";
    }
    var before = parent.toString();
    if (index >= 0) {
      return before + "[" + index + "]";
    }
    return before.isEmpty() || name.startsWith("[") ? before + name : before + "." + name;
  }
}
