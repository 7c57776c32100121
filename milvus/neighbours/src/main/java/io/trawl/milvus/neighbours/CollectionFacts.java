package io.trawl.milvus.neighbours;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a collection is, asked by its own name or by an alias.
 *
 * @param name its own name, also when it was asked for by an alias
 * @param rows as Milvus' statistics say: late, and rows written twice count twice; {@link
 *     MilvusCollections#count} counts
 * @param width the numbers per vector, 0 where it has no vector field of ours
 * @param properties what was written about it
 */
public record CollectionFacts(String name, long rows, int width, Map<String, String> properties) {

  /** The property that says whose items these are: {@code demo-shop@3}. */
  public static final String SPACE = "trawl.space";

  /** The property with the checksum of the space that is loaded, from the first row on. */
  public static final String SOURCE = "trawl.source";

  /** The property with the checksum of the space that the whole collection was compared with. */
  public static final String VERIFIED = "trawl.checksum";

  /** The property with the collection that the alias pointed to before this one. */
  public static final String FORMER = "trawl.former";

  public CollectionFacts {
    Objects.requireNonNull(name, "name");
    properties = Collections.unmodifiableMap(new TreeMap<>(properties));
  }

  /** The space whose items it holds; empty where Trawl did not make it. */
  public Optional<String> space() {
    return property(SPACE);
  }

  /** The checksum of the space that it was begun with. */
  public Optional<String> source() {
    return property(SOURCE);
  }

  /** The checksum of the space that it was verified against; empty until then. */
  public Optional<String> checksum() {
    return property(VERIFIED);
  }

  /** What {@code rollback} goes back to. */
  public Optional<String> former() {
    return property(FORMER);
  }

  private Optional<String> property(String name) {
    return Optional.ofNullable(properties.get(name)).filter(value -> !value.isEmpty());
  }
}
