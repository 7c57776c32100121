package io.trawl.milvus.admin;

import io.trawl.domain.SpaceId;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.ItemRow;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeValue;
import java.util.List;
import java.util.Map;

/** The items of a space, as administration reads them. Safe for use by several threads. */
public interface SpaceItems {

  SpaceId id();

  /** Differs wherever anything of the space does; lower-case hex. */
  String checksum();

  ItemVectors vectors();

  /** The attributes that items may have. */
  List<Attribute> schema();

  String itemId(int ordinal);

  /** Those that an item has, by name. */
  Map<String, AttributeValue> attributes(int ordinal);

  /** Query vectors that users of the space would have. */
  List<QueryVectors> queries();

  default int count() {
    return vectors().count();
  }

  /** The collection of exactly this version. */
  default String collection() {
    return CollectionNames.collection(id());
  }

  default ItemRow row(int ordinal) {
    return new ItemRow(ordinal, itemId(ordinal), attributes(ordinal), vectors().row(ordinal));
  }

  /** Of an open space, for as long as it is open; one with its item vectors. */
  static SpaceItems of(Space space) {
    var vectors = space.itemVectors().orElseThrow();
    return new SpaceItems() {
      @Override
      public SpaceId id() {
        return space.id();
      }

      @Override
      public String checksum() {
        return space.checksum();
      }

      @Override
      public ItemVectors vectors() {
        return vectors;
      }

      @Override
      public List<Attribute> schema() {
        return space.manifest().attributes();
      }

      @Override
      public String itemId(int ordinal) {
        return space.catalogue().id(ordinal);
      }

      @Override
      public Map<String, AttributeValue> attributes(int ordinal) {
        return space.catalogue().attributes(ordinal);
      }

      @Override
      public List<QueryVectors> queries() {
        return space.goldenRequests().stream().map(GoldenRequest::queryVectors).toList();
      }
    };
  }
}
