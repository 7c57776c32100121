/**
 * Turns one YAML file and the environment into config records, and nothing else. Keys are the
 * records' component names in kebab case; an environment variable is the key path in upper snake
 * case behind {@code TRAWL_}, so {@code search.explore.rounds} is {@code
 * TRAWL_SEARCH_EXPLORE_ROUNDS}. The environment wins over the file, the file over the defaults.
 *
 * <p>A key that no record has stops the start and names the nearest one that exists; so does a
 * value that its record refuses. Knows no record of ours.
 */
@NullMarked
package io.trawl.app.config;

import org.jspecify.annotations.NullMarked;
