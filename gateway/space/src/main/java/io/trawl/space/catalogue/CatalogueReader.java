package io.trawl.space.catalogue;

import io.trawl.domain.RequestBounds;
import io.trawl.space.source.JsonNode;
import io.trawl.space.source.LineCursor;
import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/** Reads {@code items.tsv} once, line by line, into index and columns. */
public final class CatalogueReader {

  public static final String FILE = "items.tsv";

  private final long[] lineStarts;
  private final IdIndex ids;
  private final LinkedHashMap<Attribute, Column> columns = new LinkedHashMap<>();
  private final Set<String> names;
  private final LineCursor line;

  private CatalogueReader(MemorySegment text, int items, List<Attribute> attributes) {
    this.lineStarts = new long[items];
    this.ids = new IdIndex(text, lineStarts, items);
    this.line = new LineCursor(FILE, text);
    attributes.forEach(attribute -> columns.put(attribute, Column.of(attribute.type(), items)));
    this.names = Set.copyOf(attributes.stream().map(Attribute::name).toList());
  }

  public static Catalogue read(MemorySegment text, int items, List<Attribute> attributes) {
    var reader = new CatalogueReader(text, items, attributes);
    var ordinal = 0;
    while (reader.line.next()) {
      if (ordinal == items) {
        throw reader.line.refused("is one line too many", items + " lines, as the manifest says");
      }
      reader.item(ordinal++);
    }
    if (ordinal < items) {
      throw new SpaceRefused(FILE, "has " + ordinal + " lines", items + ", as the manifest says");
    }
    return new Catalogue(text, reader.lineStarts, reader.ids, reader.columns);
  }

  private void item(int ordinal) {
    var tabs = tabs();
    if (tabs.size() != 2) {
      throw line.refused(
          "has %d fields".formatted(tabs.size() + 1), "id, title and attributes with tabs between");
    }
    lineStarts[ordinal] = line.offset();
    if (tabs.getFirst() == line.start()) {
      throw line.refused("has an empty id", "an id");
    }
    if (tabs.getFirst() - line.start() > RequestBounds.MAX_ID_CHARS) {
      var id = line.text(line.start(), tabs.getFirst());
      if (id.length() > RequestBounds.MAX_ID_CHARS) {
        throw line.refused(
            "has an id of %d characters".formatted(id.length()),
            "at most " + RequestBounds.MAX_ID_CHARS);
      }
    }
    // Decoded to be checked only: whoever reads them later must not meet broken text.
    line.text(line.start(), tabs.getLast());
    var earlier = ids.add(ordinal, line.window(), line.start(), tabs.getFirst());
    if (earlier >= 0) {
      throw new SpaceRefused(
          line.where(),
          "has the id %s of line %d"
              .formatted(line.text(line.start(), tabs.getFirst()), earlier + 1),
          "ids that differ");
    }
    attributes(line.json(tabs.getLast() + 1, line.end()));
  }

  private List<Integer> tabs() {
    var tabs = new ArrayList<Integer>(2);
    for (var i = line.start(); i < line.end(); i++) {
      if (line.window()[i] == '\t') {
        tabs.add(i);
      }
    }
    return tabs;
  }

  private void attributes(JsonNode object) {
    object.only(names);
    columns.forEach((attribute, column) -> column.append(object.find(attribute.name())));
  }
}
