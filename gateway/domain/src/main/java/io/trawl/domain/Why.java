package io.trawl.domain;

import org.jspecify.annotations.Nullable;

/**
 * Why an item is in a list.
 *
 * @param queryVector the query vector that made its score, from 0
 * @param round the round that found it, from 1
 * @param neighbourOf outside id of the item whose neighbour it is; null for one of the sample or of
 *     a scan
 */
public record Why(int queryVector, int round, @Nullable String neighbourOf) {}
