package io.trawl.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Which request comes next. Safe for any thread. */
interface Source {

  /** The next one, or null after the last. */
  @Nullable Draft next();

  /** A request that is made where it is sent. */
  interface Draft {

    boolean good();

    LoadRequest make();
  }

  /** The kinds of a scenario as often as they weigh, by the users of a space; never ends. */
  static Source mixed(Map<Kind, Integer> mix, Users users, Asked asked, RandomGenerator chance) {
    return new Mixed(mix, users, asked, chance);
  }

  /** The kinds of a scenario, by weight. */
  final class Mixed implements Source {

    private final List<Kind> kinds = new ArrayList<>();
    private final List<Integer> upTo = new ArrayList<>();
    private final int weights;
    private final Users users;
    private final Asked asked;
    private final RandomGenerator chance;

    private Mixed(Map<Kind, Integer> mix, Users users, Asked asked, RandomGenerator chance) {
      this.users = users;
      this.asked = asked;
      this.chance = chance;
      int sum = 0;
      for (var part : mix.entrySet()) {
        sum += part.getValue();
        kinds.add(part.getKey());
        upTo.add(sum);
      }
      this.weights = sum;
    }

    @Override
    public synchronized Draft next() {
      int at = chance.nextInt(weights);
      int found = 0;
      while (upTo.get(found) <= at) {
        found++;
      }
      return new MixedDraft(kinds.get(found), asked, users.next(chance));
    }

    private record MixedDraft(Kind kind, Asked asked, Turn turn) implements Draft {
      @Override
      public boolean good() {
        return kind.good();
      }

      @Override
      public LoadRequest make() {
        return kind.make(asked, turn);
      }
    }
  }
}
