package io.trawl.workers.server;

/** One version of a model that answers. */
record ServedModel(ModelSpec spec, long version, ModelScheduler scheduler, ModelStats stats) {}
