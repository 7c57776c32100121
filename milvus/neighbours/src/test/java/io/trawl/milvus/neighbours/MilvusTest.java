package io.trawl.milvus.neighbours;

import io.trawl.workers.testkit.RealMilvus;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The real Milvus, the judge of the contract. */
@EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
class MilvusTest {

  @Nested
  class Collections extends CollectionsContract {
    Collections() {
      super(RealMilvus.shared());
    }
  }

  @Nested
  class Searches extends ItemSearchContract {
    Searches() {
      super(RealMilvus.shared());
    }
  }

  @Nested
  class Differences extends DifferencesContract {
    Differences() {
      super(RealMilvus.shared(), "2.3.5");
    }
  }
}
