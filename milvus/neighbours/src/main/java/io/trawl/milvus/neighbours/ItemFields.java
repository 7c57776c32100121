package io.trawl.milvus.neighbours;

import io.trawl.space.catalogue.Attribute;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of a collection that holds the items of a space: ordinal, id, vector, and one for each
 * attribute.
 *
 * <p>Milvus 2.3 knows no absent value. So what an item lacks is stored as what no comparison
 * matches: {@link #NO_TEXT}, an empty array, NaN, {@link #NO_FLAG}. A negated comparison matches
 * it, as in the catalogue.
 */
public final class ItemFields {

  /** The primary key, INT64. */
  public static final String ORDINAL = "ordinal";

  /** VARCHAR. */
  public static final String ID = "id";

  /** FLOAT_VECTOR of the space's width. */
  public static final String VECTOR = "vector";

  /** A text attribute's field (VARCHAR) of an item without it. */
  public static final String NO_TEXT = "\u001f";

  /** A flag attribute's field (INT8: 0 or 1) of an item without it. */
  public static final int NO_FLAG = -1;

  private ItemFields() {}

  /**
   * The field of each attribute, by the attribute's name: {@code a_} and the name with underscores
   * for what Milvus does not allow, numbered where two would be the same.
   */
  public static Map<String, String> of(List<Attribute> schema) {
    var fields = new LinkedHashMap<String, String>();
    for (var attribute : schema) {
      var plain = CollectionNames.plain("a_" + attribute.name(), "");
      var field = plain;
      for (var number = 2; fields.containsValue(field); number++) {
        field = plain + "_" + number;
      }
      fields.put(attribute.name(), field);
    }
    return Collections.unmodifiableMap(fields);
  }
}
