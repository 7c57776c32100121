package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.workers.testkit.RealMilvus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the documentation says of a server is what the server does. */
abstract class DifferencesContract extends MilvusContract {

  private static final Path PAGE = Path.of("..", "..", "docs", "milvus-differences.md");

  private final String column;

  /**
   * A server and the head of its column in the table.
   *
   * @param column as the page writes it
   */
  DifferencesContract(RealMilvus server, String column) {
    super(server);
    this.column = column;
  }

  @Test
  void areWhatThePageSays() throws IOException {
    var seen = new TreeMap<String, String>();
    for (var ability : Ability.values()) {
      seen.put(ability.name(), missing().containsKey(ability) ? "no" : "yes");
    }
    assertEquals(said(), seen, () -> "the server lacks " + missing());
  }

  /** The column of this server, by the name of the ability that each row begins with. */
  private Map<String, String> said() throws IOException {
    var table =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("|"))
            .map(line -> Arrays.stream(line.split("\\|")).map(String::strip).toList())
            .toList();
    var at = table.getFirst().indexOf(column);
    return table.stream()
        .skip(2)
        .collect(
            Collectors.toMap(
                row -> row.get(1).split("`")[1],
                row -> word(row.get(at)),
                (_, last) -> last,
                TreeMap::new));
  }

  private static String word(String cell) {
    return List.of(cell.split("\\W+")).getFirst();
  }
}
