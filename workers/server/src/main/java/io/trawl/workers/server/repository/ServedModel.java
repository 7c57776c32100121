package io.trawl.workers.server.repository;

import io.trawl.workers.server.run.ModelScheduler;
import io.trawl.workers.server.run.ModelStats;

/** One version of a model that answers. */
public record ServedModel(
    ModelSpec spec, long version, ModelScheduler scheduler, ModelStats stats) {}
