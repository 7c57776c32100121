package io.trawl.bench.load;

import java.util.List;
import java.util.Objects;

/**
 * Who asks, and for what.
 *
 * @param skew of Zipf's law: the n-th most frequent user comes with weight 1 / n^skew; 0 for all
 *     alike. Default 1
 * @param sessions live at one time: the one that was idle longest ends; default 1,000
 * @param sessionRequests after which a session ends; default 20. With each request the user's
 *     history grows by one behaviour
 * @param objectives names; empty for the first of the space
 * @param k items per objective
 * @param excludeHistory whether items of the history are left out
 * @param engine empty for the gateway's own choice
 */
record UserChoice(
    double skew,
    int sessions,
    int sessionRequests,
    List<String> objectives,
    int k,
    boolean excludeHistory,
    String engine) {
  UserChoice {
    Scenario.within("skew", skew, 0, 10);
    Scenario.within("sessions", sessions, 1, 1_000_000);
    Scenario.within("sessionRequests", sessionRequests, 1, 1_000);
    Scenario.within("k", k, 1, 1_000_000);
    objectives = List.copyOf(objectives);
    Objects.requireNonNull(engine, "engine");
  }
}
