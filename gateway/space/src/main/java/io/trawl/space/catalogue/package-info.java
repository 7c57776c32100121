/**
 * The items of a space: their ids, their attributes in columns, and the filters that choose among
 * them.
 *
 * <p>{@link io.trawl.space.catalogue.Catalogue} is what others use; what a column does with a
 * filter stands in its {@code Column}.
 */
@NullMarked
package io.trawl.space.catalogue;

import org.jspecify.annotations.NullMarked;
