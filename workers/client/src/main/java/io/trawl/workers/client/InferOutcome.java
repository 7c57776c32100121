package io.trawl.workers.client;

/** How an inference ended: an answer that keeps the protocol's promises, or a typed failure. */
public sealed interface InferOutcome permits Inferred, Failure {}
