package io.trawl.milvus.neighbours;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * How vectors are indexed; the metric is the inner product.
 *
 * @param kind the index
 * @param build its build parameters, as Milvus names them
 */
public record IndexChoice(Kind kind, Map<String, Integer> build) {

  /** The kinds of index, with the parameters they are built by and what those are by default. */
  public enum Kind {
    FLAT(Map.of()),
    IVF_FLAT(Map.of("nlist", 1024)),
    HNSW(Map.of("M", 16, "efConstruction", 100)),
    DISKANN(Map.of()),
    AUTOINDEX(Map.of());

    private final Map<String, Integer> build;

    Kind(Map<String, Integer> build) {
      this.build = build;
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
    build = checked(kind, build);
  }

  public static IndexChoice of(Kind kind) {
    return new IndexChoice(kind, Map.of());
  }

  private static Map<String, Integer> checked(Kind kind, Map<String, Integer> given) {
    var all = new TreeMap<>(kind.build);
    given.forEach(
        (name, value) -> {
          if (!kind.build.containsKey(name)) {
            throw new IllegalArgumentException(
                "build parameter '%s' is unknown to %s; expected %s"
                    .formatted(
                        name,
                        kind,
                        kind.build.isEmpty()
                            ? "none"
                            : "one of " + String.join(", ", new TreeMap<>(kind.build).keySet())));
          }
          if (value < 1 || value > 65_536) {
            throw new IllegalArgumentException(
                "build parameter '%s' is %d; expected 1 to 65536".formatted(name, value));
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
