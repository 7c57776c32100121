package io.trawl.serve.space;

import io.trawl.domain.SpaceId;
import io.trawl.serve.RetrievalPipeline;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Counterpart;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A space with all that answers requests from it alone: engines, backbone, pipeline, and the probe
 * that keeps watching it. It is closed when its last request has ended, never before.
 */
public final class SpaceService {

  private final int goldenRequests;
  private final Uses uses = new Uses();
  private final GoldenCheck check;
  private final ReadinessProbe probe;
  private final FilesWatch files;
  private final SearchableSpace serving;
  private final RetrievalPipeline pipeline;
  private final SharedParts parts;
  private final Runnable close;
  private @Nullable Future<Void> closed;

  /**
   * @param others what else it is served with; an activation asks them, beside the backbone
   * @param close gives back what belongs to this space alone; called once, when nobody uses it
   */
  public SpaceService(
      Space space,
      SearchableSpace serving,
      Backbone backbone,
      List<Counterpart> others,
      SharedParts parts,
      Runnable close) {
    this.goldenRequests = space.goldenRequests().size();
    this.check = new GoldenCheck(space, serving, backbone, others, parts, uses);
    this.probe = new ReadinessProbe(check, serving.soundness(), space.goldenRequests(), parts);
    this.files =
        new FilesWatch(
            space,
            serving.soundness(),
            parts.readiness().checksumInterval(),
            parts.readiness().interval(),
            probe::again,
            parts.registry());
    this.pipeline = new RetrievalPipeline(serving, backbone, parts, uses);
    this.serving = serving;
    this.parts = parts;
    this.close = close;
  }

  SpaceId id() {
    return serving.id();
  }

  int goldenRequests() {
    return goldenRequests;
  }

  GoldenCheck check() {
    return check;
  }

  ReadinessProbe probe() {
    return probe;
  }

  /** Answers from now on, and is watched: first all of it is proven. */
  void start() {
    probe.start();
    files.start();
  }

  /** The same where {@link GoldenCheck#all} has just found nothing wrong. */
  void startPassed() {
    probe.startPassed();
    files.start();
  }

  SearchableSpace serving() {
    return serving;
  }

  RetrievalPipeline pipeline() {
    return pipeline;
  }

  Uses uses() {
    return uses;
  }

  /**
   * Takes no new requests; completes when those that it has have ended and it is closed. Memory
   * maps of gigabytes take milliseconds to undo, which no event loop has.
   */
  synchronized Future<Void> close() {
    if (closed == null) {
      probe.close();
      files.close();
      closed =
          uses.close()
              .compose(
                  _ ->
                      parts
                          .vertx()
                          .executeBlocking(
                              () -> {
                                close.run();
                                return null;
                              },
                              false));
    }
    return closed;
  }
}
