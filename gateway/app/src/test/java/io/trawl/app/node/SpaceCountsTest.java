package io.trawl.app.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.SpaceId;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SpaceCountsTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final SpaceCounts counts = new SpaceCounts(registry);

  @Test
  void aGatewayThatGoesOverToEverNewSpacesKeepsTheMetersOfTheLatest() {
    var first = counts.of(space(1));
    int each = registry.getMeters().size();
    for (int version = 2; version <= 100; version++) {
      counts.of(space(version));
      assertSame(first, counts.of(space(1)), "what is used stays");
    }
    assertEquals(SpaceCounts.MOST * each, registry.getMeters().size());
    var shown =
        registry.getMeters().stream()
            .map(meter -> meter.getId().getTag("space"))
            .collect(Collectors.toSet());
    assertEquals(SpaceCounts.MOST, shown.size());
  }

  private static SpaceId space(long version) {
    return new SpaceId("shop", version);
  }
}
