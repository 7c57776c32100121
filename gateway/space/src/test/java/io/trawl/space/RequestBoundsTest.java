package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.domain.RequestBounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RequestBoundsTest {

  private static final Path TRAINER = Path.of("../../triton-models/trawl_models/bounds.py");
  private static final Pattern CONSTANT = Pattern.compile("(?m)^([A-Z_]+) = ([0-9_]+)$");

  @Test
  void theTrainerHoldsItsDataAgainstTheSameNumbers() throws IOException {
    assertEquals(
        Map.of(
            "MAX_TIME_S", RequestBounds.MAX_TIME_S,
            "MAX_ID_CHARS", (long) RequestBounds.MAX_ID_CHARS,
            "MAX_TEXT_CHARS", (long) RequestBounds.MAX_TEXT_CHARS,
            "MAX_HISTORY", (long) RequestBounds.MAX_HISTORY,
            "MAX_PROFILE_ENTRIES", (long) RequestBounds.MAX_PROFILE_ENTRIES),
        CONSTANT
            .matcher(Files.readString(TRAINER))
            .results()
            .collect(
                Collectors.toMap(
                    found -> found.group(1),
                    found -> Long.parseLong(found.group(2).replace("_", "")))));
  }
}
