/**
 * The lexical index of a space: titles and texts of its items as words, by Apache Lucene. No type
 * of Lucene leaves this package.
 *
 * <p>{@link io.trawl.lexical.IndexBuilder} makes the files of an index, {@link
 * io.trawl.lexical.LexicalIndex} finds items in one that lies in an open space.
 */
@NullMarked
package io.trawl.lexical;

import org.jspecify.annotations.NullMarked;
