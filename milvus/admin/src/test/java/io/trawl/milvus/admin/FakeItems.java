package io.trawl.milvus.admin;

import io.trawl.domain.SpaceId;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.catalogue.AttributeValue;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Items that are drawn instead of read: every third has attributes. */
record FakeItems(
    SpaceId id,
    String checksum,
    ItemVectors vectors,
    List<QueryVectors> queries,
    Map<Integer, String> brands)
    implements SpaceItems {

  private static final int WIDTH = 8;

  static FakeItems of(String name, long version, int count) {
    var random = new SplittableRandom(version);
    var values = new float[count * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return new FakeItems(
        new SpaceId(name, version),
        "c0ffee" + version,
        ItemVectors.of(values, WIDTH),
        List.of(),
        Map.of());
  }

  FakeItems withChecksum(String other) {
    return new FakeItems(id, other, vectors, queries, brands);
  }

  FakeItems named(String other) {
    return new FakeItems(new SpaceId(other, id.version()), checksum, vectors, queries, brands);
  }

  FakeItems asking(QueryVectors query) {
    return new FakeItems(id, checksum, vectors, List.of(query), brands);
  }

  FakeItems branded(int ordinal, String brand) {
    return new FakeItems(id, checksum, vectors, queries, Map.of(ordinal, brand));
  }

  @Override
  public List<Attribute> schema() {
    return List.of(
        new Attribute("brand", AttributeType.TEXT),
        new Attribute("tags", AttributeType.TEXTS),
        new Attribute("price", AttributeType.NUMBER),
        new Attribute("new", AttributeType.FLAG));
  }

  @Override
  public String itemId(int ordinal) {
    return "id " + ordinal;
  }

  @Override
  public Map<String, AttributeValue> attributes(int ordinal) {
    if (brands.containsKey(ordinal)) {
      return Map.of("brand", new AttributeValue.Text(brands.get(ordinal)));
    }
    return ordinal % 3 != 0
        ? Map.of()
        : Map.of(
            "brand", new AttributeValue.Text("brand " + ordinal % 7),
            "tags", new AttributeValue.Texts(List.of("a", "b" + ordinal % 5)),
            "price", new AttributeValue.Number(ordinal / 7.0),
            "new", new AttributeValue.Flag(ordinal % 2 == 0));
  }
}
