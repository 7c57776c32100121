package io.trawl.milvus.neighbours;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * How vectors are indexed and searched; the metric is the inner product.
 *
 * @param kind the index
 * @param build its build parameters, as Milvus names them
 * @param search its search parameters, as Milvus names them
 */
public record IndexChoice(Kind kind, Map<String, Integer> build, Map<String, Integer> search) {

  /** The kinds of index, with the parameters they know and what those are by default. */
  public enum Kind {
    FLAT(Map.of(), Map.of()),
    IVF_FLAT(Map.of("nlist", 1024), Map.of("nprobe", 64)),
    HNSW(Map.of("M", 16, "efConstruction", 100), Map.of("ef", 256)),
    DISKANN(Map.of(), Map.of("search_list", 256)),
    AUTOINDEX(Map.of(), Map.of());

    private final Map<String, Integer> build;
    private final Map<String, Integer> search;

    Kind(Map<String, Integer> build, Map<String, Integer> search) {
      this.build = build;
      this.search = search;
    }

    /** Whether its answers are exact. */
    public boolean exact() {
      return this == FLAT;
    }

    /**
     * The kind of that name, however it is written.
     *
     * @throws IllegalArgumentException with the names that there are
     */
    public static Kind of(String name) {
      for (var kind : values()) {
        if (kind.name().equals(name.toUpperCase(Locale.ROOT))) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "index is '%s'; expected one of flat, ivf_flat, hnsw, diskann, autoindex"
              .formatted(name));
    }
  }

  public IndexChoice {
    Objects.requireNonNull(kind, "kind");
    build = checked(kind, "build", build, kind.build);
    search = checked(kind, "search", search, kind.search);
  }

  public static IndexChoice of(Kind kind) {
    return new IndexChoice(kind, Map.of(), Map.of());
  }

  private static Map<String, Integer> checked(
      Kind kind, String what, Map<String, Integer> given, Map<String, Integer> defaults) {
    var all = new TreeMap<>(defaults);
    given.forEach(
        (name, value) -> {
          if (!defaults.containsKey(name)) {
            throw new IllegalArgumentException(
                "%s parameter '%s' is unknown to %s; expected %s"
                    .formatted(
                        what,
                        name,
                        kind,
                        defaults.isEmpty()
                            ? "none"
                            : "one of " + String.join(", ", new TreeMap<>(defaults).keySet())));
          }
          if (value < 1 || value > 65_536) {
            throw new IllegalArgumentException(
                "%s parameter '%s' is %d; expected 1 to 65536".formatted(what, name, value));
          }
          all.put(name, value);
        });
    return Collections.unmodifiableMap(all);
  }

  @Override
  public String toString() {
    return build.isEmpty() ? kind.name() : kind + " " + build;
  }
}
