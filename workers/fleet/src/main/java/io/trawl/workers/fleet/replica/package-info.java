/** One model on one worker: how it stands, what it has shown, and what it is given. */
@NullMarked
package io.trawl.workers.fleet.replica;

import org.jspecify.annotations.NullMarked;
