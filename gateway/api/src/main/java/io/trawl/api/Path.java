package io.trawl.api;

import org.jspecify.annotations.Nullable;

/**
 * Where in a request something stands, such as {@code filter.all[1].equal.attribute}. Linked to its
 * parent and written out only when something is wrong.
 */
record Path(@Nullable Path parent, String name, int index) {

  private static final int NO_INDEX = -1;

  static final Path ROOT = new Path(null, "", NO_INDEX);

  Path field(String field) {
    return new Path(this, field, NO_INDEX);
  }

  Path at(int element) {
    return new Path(this, "", element);
  }

  Path key(String key) {
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
