package io.trawl.milvus.neighbours;

import io.trawl.domain.SpaceId;
import java.util.regex.Pattern;

/**
 * What a space is called in Milvus, which allows letters, digits and underscores: {@code
 * demo-shop@3} is the collection {@code demo_shop_v3}, and {@code demo_shop} is the alias of the
 * version that is active.
 *
 * <p>Two names may become one; a collection says in {@link CollectionFacts#SPACE} whose it is.
 */
public final class CollectionNames {

  private static final Pattern FOREIGN = Pattern.compile("[^A-Za-z0-9_]");

  /** Milvus' bound is 255; this leaves room for the version. */
  private static final int LONGEST = 200;

  private CollectionNames() {}

  /** The alias of the active collection of all versions of a space. */
  public static String alias(SpaceId space) {
    return plain(space.name(), "s_");
  }

  public static String collection(SpaceId space) {
    return alias(space) + "_v" + space.version();
  }

  /** A name as Milvus allows it; {@code front} stands before one that does not begin as it must. */
  static String plain(String name, String front) {
    var plain = FOREIGN.matcher(name).replaceAll("_");
    var whole = plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? front + plain : plain;
    return whole.length() <= LONGEST ? whole : whole.substring(0, LONGEST);
  }
}
