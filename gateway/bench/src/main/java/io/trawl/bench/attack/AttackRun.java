package io.trawl.bench.attack;

import io.trawl.bench.attack.Attack.Wish;
import io.trawl.bench.load.GoodCaller;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * An attack beside a good caller who asks ten times a second, with a look at the processes before
 * and after. Beside its own bound each must leave the good caller most of his answers, and
 * afterwards a gateway that is ready and answers, and processes that live, hold less than 1 GiB and
 * have given back descriptors and threads.
 */
final class AttackRun {

  private static final long MOST_RESIDENT_MIB = 1_024;

  /** What pools may keep. */
  private static final int DESCRIPTORS_MORE = 64;

  private static final int THREADS_MORE = 32;

  private static final Duration ALONE = Duration.ofSeconds(2);
  private static final Duration RECOVERY = Duration.ofSeconds(15);

  private final Duration goodDeadline;
  private final double mostFailed;

  /**
   * @param goodDeadline by when a good caller wants his answers
   * @param mostFailed the share of them that he may lose
   */
  AttackRun(Duration goodDeadline, double mostFailed) {
    this.goodDeadline = goodDeadline;
    this.mostFailed = mostFailed;
  }

  /** What came of an attack. */
  record Report(
      Attack attack,
      Findings findings,
      GoodCaller.Seen good,
      ProcessFacts gateway,
      ProcessFacts worker) {

    boolean held() {
      return findings.held();
    }
  }

  Report of(Attack attack, Target target) throws IOException, InterruptedException {
    var findings = new Findings();
    var gatewayBefore = ProcessFacts.of(target.gateway());
    var workerBefore = ProcessFacts.of(target.worker());
    GoodCaller.Seen seen;
    try (var good = GoodCaller.start(target.http(), target.space(), goodDeadline)) {
      TimeUnit.NANOSECONDS.sleep(ALONE.toNanos());
      try {
        attack.run().on(target, findings);
      } catch (IOException broken) {
        findings.check(false, "the attack could not go on: " + broken);
      }
      TimeUnit.NANOSECONDS.sleep(ALONE.toNanos());
      seen = good.end();
    }
    boolean ofUse = attack.wish() != Wish.OWN_SPACE;
    if (ofUse) {
      findings.check(
          seen.failedShare() <= mostFailed,
          "the good caller lost %.1f %%".formatted(100 * seen.failedShare()));
      recover(target, findings);
    }
    look("gateway", target.gateway(), gatewayBefore, findings);
    look("worker", target.worker(), workerBefore, findings);
    return new Report(
        attack,
        findings,
        seen,
        ProcessFacts.of(target.gateway()),
        ProcessFacts.of(target.worker()));
  }

  private static void recover(Target target, Findings findings) throws InterruptedException {
    boolean ready = Crowd.until(() -> Http1.isReady(target.admin()), RECOVERY);
    boolean answers =
        ready && Crowd.until(() -> Http1.status(target.http(), "/v1/objectives") == 200, RECOVERY);
    findings.check(answers, answers ? "ready afterwards" : "not ready or silent afterwards");
  }

  private static void look(String name, OptionalLong pid, ProcessFacts before, Findings findings)
      throws InterruptedException {
    if (!before.known()) {
      return;
    }
    boolean back =
        Crowd.until(
            () -> {
              var now = ProcessFacts.of(pid);
              return now.descriptors() <= before.descriptors() + DESCRIPTORS_MORE
                  && now.threads() <= before.threads() + THREADS_MORE;
            },
            RECOVERY);
    var after = ProcessFacts.of(pid);
    findings.check(after.known(), after.known() ? name + " alive" : name + " is gone");
    findings.check(
        back,
        "%s: descriptors %d to %d, threads %d to %d"
            .formatted(
                name,
                before.descriptors(),
                after.descriptors(),
                before.threads(),
                after.threads()));
    findings.check(
        after.residentMib() < MOST_RESIDENT_MIB,
        "%s: %,d MiB".formatted(name, after.residentMib()));
  }
}
