package io.trawl.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A caller asks, rests, asks again, and ends with the time. */
class ClosedLoopTest {

  private final List<String> done = new ArrayList<>();
  private long now;

  private final ClosedLoop.Callers callers =
      new ClosedLoop.Callers() {
        @Override
        public void ask(int caller) {
          done.add(caller + " asks");
        }

        @Override
        public void rest(int caller, long nanos) {
          done.add(caller + " rests " + nanos);
        }

        @Override
        public void done(int caller) {
          done.add(caller + " is done");
        }
      };

  @Test
  void asksAgainAtOnceWithoutATimeToThink() {
    var loop = new ClosedLoop(() -> now, 100, 0, callers);
    loop.ask(3);
    loop.ended(3, true);
    now = 100;
    loop.ended(3, true);
    assertEquals(List.of("3 asks", "3 asks", "3 is done"), done);
  }

  @Test
  void restsAsLongAsItThinks() {
    var loop = new ClosedLoop(() -> now, 100, 50, callers);
    loop.ended(1, true);
    assertEquals(List.of("1 rests 50"), done);
  }

  @Test
  void restsAMomentWhereNobodyAnswers() {
    var loop = new ClosedLoop(() -> now, 100, 0, callers);
    loop.ended(1, false);
    assertEquals(List.of("1 rests 10000000"), done);
  }
}
