/**
 * Spaces as they come, answer and go: proven by their golden requests, watched by a probe,
 * exchanged in one step, closed after their last request.
 */
@NullMarked
package io.trawl.serve.space;

import org.jspecify.annotations.NullMarked;
