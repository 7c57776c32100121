/**
 * Reading the files of a space: JSON and lines of JSON, each value known by its file and line, and
 * {@link io.trawl.space.source.SpaceRefused}, in which everything that is wrong with a space ends.
 */
@NullMarked
package io.trawl.space.source;

import org.jspecify.annotations.NullMarked;
