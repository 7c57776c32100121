package io.trawl.retrieval;

import java.util.ArrayList;
import java.util.List;

/** The plain kernel, with a record of every item scored, in order. */
final class RecordingKernel implements ScoreKernel {

  final List<Integer> scored = new ArrayList<>();
  private final ScoreKernel plain = Kernels.plain();

  @Override
  public String name() {
    return "recording";
  }

  @Override
  public Scorer scorer(ItemVectors items, QueryVectors queries) {
    var scorer = plain.scorer(items, queries);
    return new Scorer() {
      @Override
      public void range(int first, int count, float[] scores) {
        for (var i = 0; i < count; i++) {
          scored.add(first + i);
        }
        scorer.range(first, count, scores);
      }

      @Override
      public void gather(int[] ordinals, int from, int count, float[] scores) {
        for (var i = 0; i < count; i++) {
          scored.add(ordinals[from + i]);
        }
        scorer.gather(ordinals, from, count, scores);
      }
    };
  }
}
