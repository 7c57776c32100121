/**
 * Drives searches, which never wait themselves: steps on a bounded pool of threads, and what a step
 * asks for fetched between them.
 */
@NullMarked
package io.trawl.serve.search;

import org.jspecify.annotations.NullMarked;
