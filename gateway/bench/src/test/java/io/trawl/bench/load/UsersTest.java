package io.trawl.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Behaviour;
import io.trawl.domain.User;
import io.trawl.space.SampleUser;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Favourites come often, histories grow within a session, and what is kept has a bound. */
class UsersTest {

  private static final long NOW = 1_700_000_000;

  private final SplittableRandom chance = new SplittableRandom(7);

  @Test
  void theSecondUserComesHalfAsOftenAsTheFirst() {
    var users = users(1_000, new UserChoice(1, 1_000, 20, List.of(), 10, true, ""));
    var counts =
        IntStream.range(0, 100_000)
            .mapToObj(_ -> users.next(chance).user().id())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
            .values()
            .stream()
            .sorted(Comparator.reverseOrder())
            .toList();
    // The sum of 1/n to 1,000 is 7.485.
    assertEquals(100_000 / 7.485, counts.get(0), 600);
    assertEquals(50_000 / 7.485, counts.get(1), 400);
  }

  @Test
  void withoutSkewAllAreAlike() {
    var users = users(10, new UserChoice(0, 1_000, 20, List.of(), 10, true, ""));
    var counts =
        IntStream.range(0, 10_000)
            .mapToObj(_ -> users.next(chance).user().id())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertEquals(10, counts.size());
    counts.forEach((id, count) -> assertEquals(1_000, count, 150, id));
  }

  @Test
  void aHistoryGrowsUntilItsSessionEnds() {
    var users = users(1, new UserChoice(1, 10, 3, List.of(), 10, true, ""));
    var turns = IntStream.range(0, 4).mapToObj(_ -> users.next(chance)).toList();
    assertEquals(
        List.of(1, 2, 3, 1), turns.stream().map(turn -> turn.user().history().size()).toList());
    assertEquals(
        List.of(NOW, NOW + 60, NOW + 120, NOW), turns.stream().map(Turn::nowSeconds).toList());
  }

  @Test
  void sessionsHaveABound() {
    var users = users(1_000, new UserChoice(0, 50, 1_000, List.of(), 10, true, ""));
    IntStream.range(0, 10_000).forEach(_ -> users.next(chance));
    assertEquals(50, users.liveSessions());
    assertTrue(
        IntStream.range(0, 10_000)
            .allMatch(_ -> users.next(chance).user().history().size() <= 200));
  }

  @Test
  void oneSeedGivesTheSameUsers() {
    var choice = new UserChoice(1, 10, 3, List.of(), 10, true, "");
    assertEquals(
        turns(users(100, choice), new SplittableRandom(1)),
        turns(users(100, choice), new SplittableRandom(1)));
  }

  private static List<Turn> turns(Users users, SplittableRandom chance) {
    return IntStream.range(0, 50).mapToObj(_ -> users.next(chance)).toList();
  }

  private static Users users(int count, UserChoice choice) {
    var all =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new SampleUser(
                        new User(
                            "u" + i,
                            Map.of(),
                            List.of(new Behaviour("i" + i, null, Instant.ofEpochSecond(NOW - 9)))),
                        Instant.ofEpochSecond(NOW),
                        Map.of()))
            .toList();
    return new Users(all, choice, 7);
  }
}
