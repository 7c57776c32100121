package io.trawl.bench.load;

import io.trawl.domain.Behaviour;
import io.trawl.domain.User;
import io.trawl.space.SampleUser;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Users of a space who come again, the favourites often. A session begins with the user's history
 * of the space; each request adds a behaviour to it, with an item that some user of the space acted
 * on, a minute later than the last one. After its last request the next session begins anew. Made
 * use of by one thread at a time.
 */
final class Users {

  /** Of a history, and no more than any gateway takes by default. */
  private static final int LONGEST_HISTORY = 200;

  private static final int SECONDS_BETWEEN = 60;

  private final List<SampleUser> byRank;
  private final Zipf zipf;
  private final int sessionRequests;
  private final Map<Integer, Session> sessions;

  /** What happened since the history of the space. */
  private static final class Session {
    private final List<Behaviour> since = new ArrayList<>();
    private int requests;
  }

  Users(List<SampleUser> users, UserChoice choice, long seed) {
    if (users.isEmpty()) {
      throw new IllegalArgumentException("the space has no users; expected at least one");
    }
    var shuffled = new ArrayList<>(users);
    Collections.shuffle(shuffled, new Random(seed));
    this.byRank = List.copyOf(shuffled);
    this.zipf = new Zipf(byRank.size(), choice.skew());
    this.sessionRequests = choice.sessionRequests();
    this.sessions =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, Session> eldest) {
            return size() > choice.sessions();
          }
        };
  }

  Turn next(RandomGenerator chance) {
    int rank = zipf.draw(chance);
    var user = byRank.get(rank);
    var session = sessions.computeIfAbsent(rank, _ -> new Session());
    long now = now(user, session);
    var turn =
        new Turn(
            new User(user.user().id(), user.user().profile(), history(user, session)),
            now,
            texts(user),
            chance.nextLong());
    session.requests++;
    if (session.requests >= sessionRequests) {
      sessions.remove(rank);
    } else {
      act(session, now, chance);
    }
    return turn;
  }

  int liveSessions() {
    return sessions.size();
  }

  private static long now(SampleUser user, Session session) {
    return user.now() == null
        ? 0
        : user.now().getEpochSecond() + (long) session.requests * SECONDS_BETWEEN;
  }

  private static List<Behaviour> history(SampleUser user, Session session) {
    List<Behaviour> all = new ArrayList<>(user.user().history());
    all.addAll(session.since);
    return all.subList(Math.max(0, all.size() - LONGEST_HISTORY), all.size());
  }

  private void act(Session session, long now, RandomGenerator chance) {
    var other = byRank.get(chance.nextInt(byRank.size())).user().history();
    if (!other.isEmpty() && session.since.size() < LONGEST_HISTORY) {
      var seen = other.get(chance.nextInt(other.size()));
      session.since.add(
          new Behaviour(
              seen.itemId(), seen.action(), now == 0 ? null : Instant.ofEpochSecond(now)));
    }
  }

  private static Map<String, String> texts(SampleUser user) {
    return user.heldOut().entrySet().stream()
        .filter(wanted -> wanted.getValue().text() != null)
        .collect(Collectors.toMap(Map.Entry::getKey, wanted -> text(wanted.getValue().text())));
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
