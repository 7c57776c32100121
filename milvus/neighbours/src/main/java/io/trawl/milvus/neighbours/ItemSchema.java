package io.trawl.milvus.neighbours;

import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import java.util.List;
import java.util.Objects;

/**
 * What a collection of items must have room for.
 *
 * @param width H, the numbers per vector
 * @param idBytes of the longest id in UTF-8
 * @param columns one for each attribute, in the manifest's order
 */
public record ItemSchema(int width, int idBytes, List<Column> columns) {

  /** Milvus' bounds. */
  public static final int MAX_TEXT_BYTES = 65_535;

  public static final int MAX_TEXTS = 4_096;
  public static final int MAX_WIDTH = 32_768;
  public static final int MAX_COLUMNS = 61;

  public ItemSchema {
    within("width", width, 1, MAX_WIDTH);
    within("idBytes", idBytes, 0, MAX_TEXT_BYTES);
    columns = List.copyOf(columns);
    within("columns", columns.size(), 0, MAX_COLUMNS);
  }

  /**
   * Room for one attribute.
   *
   * @param textBytes of its longest text in UTF-8; counts for texts alone
   * @param texts the most texts of an item; counts for lists of texts alone
   */
  public record Column(Attribute attribute, int textBytes, int texts) {
    public Column {
      Objects.requireNonNull(attribute, "attribute");
      within(attribute.name() + ".textBytes", textBytes, 0, MAX_TEXT_BYTES);
      within(attribute.name() + ".texts", texts, 0, MAX_TEXTS);
    }

    public AttributeType type() {
      return attribute.type();
    }
  }

  public List<Attribute> attributes() {
    return columns.stream().map(Column::attribute).toList();
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d; expected %d to %d".formatted(name, value, least, most));
    }
  }
}
