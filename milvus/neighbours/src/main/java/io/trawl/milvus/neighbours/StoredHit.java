package io.trawl.milvus.neighbours;

/** One hit of a search: an item and its score, larger is nearer. */
public record StoredHit(int ordinal, float score) {}
