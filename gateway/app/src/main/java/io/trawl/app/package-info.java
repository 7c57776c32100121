/**
 * The command line: {@link io.trawl.app.Main}, one class for each verb, and what verbs share. What
 * they start is in {@link io.trawl.app.node}; the arrow points there only.
 *
 * <p>With that package the only place that reads the system's clock and random source, the
 * environment and the command line. Decides nothing about a request.
 */
@NullMarked
package io.trawl.app;

import org.jspecify.annotations.NullMarked;
