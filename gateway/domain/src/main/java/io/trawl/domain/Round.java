package io.trawl.domain;

/**
 * One round of a search; a scan is one round.
 *
 * @param round from 1
 * @param expanded items whose neighbours it looked at, 0 in a first round
 * @param listed neighbours that these listed, those met before included
 * @param itemsScored items that it scored
 * @param found items of the best k after it that were not among them before
 * @param nanos wall time, waiting for neighbours included
 */
public record Round(int round, int expanded, int listed, long itemsScored, int found, long nanos) {}
