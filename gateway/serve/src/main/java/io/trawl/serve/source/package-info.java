/**
 * Who else takes part in a request: the backbone, and where neighbours, hits and item vectors come
 * from. All answer later, may be cancelled, and may fail for reasons of their own.
 */
@NullMarked
package io.trawl.serve.source;

import org.jspecify.annotations.NullMarked;
