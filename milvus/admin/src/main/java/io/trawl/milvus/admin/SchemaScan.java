package io.trawl.milvus.admin;

import io.trawl.milvus.neighbours.ItemFields;
import io.trawl.milvus.neighbours.ItemSchema;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeValue;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads every item once for how much room its texts need, and refuses what Milvus cannot hold. */
final class SchemaScan {

  private final SpaceItems items;
  private final Map<String, Integer> textBytes = new HashMap<>();
  private final Map<String, Integer> texts = new HashMap<>();
  private int idBytes;

  private SchemaScan(SpaceItems items) {
    this.items = items;
  }

  static ItemSchema of(SpaceItems items) {
    var scan = new SchemaScan(items);
    for (var ordinal = 0; ordinal < items.count(); ordinal++) {
      scan.read(ordinal);
    }
    try {
      return new ItemSchema(
          items.vectors().width(),
          scan.idBytes,
          items.schema().stream().map(scan::column).toList());
    } catch (IllegalArgumentException refused) {
      throw new AdminFailed(items.id() + " does not fit into Milvus: " + refused.getMessage());
    }
  }

  private ItemSchema.Column column(Attribute attribute) {
    return new ItemSchema.Column(
        attribute,
        textBytes.getOrDefault(attribute.name(), 0),
        texts.getOrDefault(attribute.name(), 0));
  }

  private void read(int ordinal) {
    idBytes = Math.max(idBytes, bytes(ordinal, "id", items.itemId(ordinal)));
    items
        .attributes(ordinal)
        .forEach(
            (name, value) -> {
              switch (value) {
                case AttributeValue.Text(var text) -> read(ordinal, name, List.of(text));
                case AttributeValue.Texts(var all) -> {
                  if (all.size() > ItemSchema.MAX_TEXTS) {
                    throw tooMuch(ordinal, name, all.size() + " texts", ItemSchema.MAX_TEXTS);
                  }
                  texts.merge(name, all.size(), Math::max);
                  read(ordinal, name, all);
                }
                case AttributeValue.Number _, AttributeValue.Flag _ -> {}
              }
            });
  }

  private void read(int ordinal, String name, List<String> values) {
    for (var value : values) {
      if (value.equals(ItemFields.NO_TEXT)) {
        throw new AdminFailed(
            "item %s has the one character U+001F as %s, which stands for no text in Milvus; expected another text"
                .formatted(items.itemId(ordinal), name));
      }
      textBytes.merge(name, bytes(ordinal, name, value), Math::max);
    }
  }

  private int bytes(int ordinal, String name, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > ItemSchema.MAX_TEXT_BYTES) {
      throw tooMuch(ordinal, name, bytes + " bytes", ItemSchema.MAX_TEXT_BYTES);
    }
    return bytes;
  }

  private AdminFailed tooMuch(int ordinal, String name, String found, int most) {
    var id = items.itemId(ordinal);
    return new AdminFailed(
        "item %s has %s as %s; expected at most %d, Milvus' bound"
            .formatted(id.length() > 40 ? id.substring(0, 40) + "..." : id, found, name, most));
  }
}
