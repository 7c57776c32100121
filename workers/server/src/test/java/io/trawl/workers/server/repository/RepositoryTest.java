package io.trawl.workers.server.repository;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RepositoryTest {

  private final Repository repository = new Repository();

  @Test
  void ofModelsThatCallersNameAndNothingServesTheLatestAreRemembered() {
    repository.put(ModelEntry.first("of-the-start"));
    repository.put(ModelEntry.added("coming").with(versions(1, new VersionState.Loading())));
    int many = Repository.MOST_IDLE + 50;
    for (int i = 0; i < many; i++) {
      repository.put(
          ModelEntry.added("made-up-" + i).with(versions(1, new VersionState.Unavailable("no"))));
    }
    assertEquals(Repository.MOST_IDLE + 2, repository.entries().size());
    assertEquals(50, repository.forgotten());
    assertNull(repository.entry("made-up-49"));
    assertNotNull(repository.entry("made-up-50"));
    assertNotNull(repository.entry("coming"));
    assertFalse(repository.ready(), "what the start wanted is still missing");

    repository.update("made-up-50", _ -> null);
    repository.put(ModelEntry.added("one-more").with(versions(1, new VersionState.Unloaded())));
    assertNotNull(repository.entry("made-up-51"), "there was room");
  }

  @Test
  void ofVersionsThatAnswerNoLongerTheNewestAreRemembered() {
    var versions = new TreeMap<Long, VersionState>();
    versions.put(1L, new VersionState.Unavailable("missed"));
    for (long version = 2; version <= 100; version++) {
      versions.put(version, new VersionState.Rejected("no"));
    }
    var kept = ModelEntry.first("model").with(versions).versions().keySet().stream().toList();
    assertEquals(17, kept.size());
    assertEquals(List.of(1L, 85L), kept.subList(0, 2));
  }

  private static SortedMap<Long, VersionState> versions(long version, VersionState state) {
    var versions = new TreeMap<Long, VersionState>();
    versions.put(version, state);
    return versions;
  }
}
