package io.trawl.milvus.neighbours;

import io.trawl.workers.testkit.RealMilvus;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The second server that speaks the protocol, so that none of it is an accident of the first. */
@EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
class MilvusLiteTest {

  @Nested
  class Collections extends CollectionsContract {
    Collections() {
      super(RealMilvus.sharedLite());
    }
  }

  @Nested
  class Searches extends ItemSearchContract {
    Searches() {
      super(RealMilvus.sharedLite());
    }
  }

  @Nested
  class Differences extends DifferencesContract {
    Differences() {
      super(RealMilvus.sharedLite(), "lite 3.2.2");
    }
  }
}
