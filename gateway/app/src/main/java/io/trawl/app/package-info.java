/**
 * Puts Trawl together and runs it: {@link io.trawl.app.Main} and one class per verb of the command
 * line, {@link io.trawl.app.TrawlConfig} for everything that can be set, {@link
 * io.trawl.app.GatewayNode} for a gateway and {@link io.trawl.app.WorkerNode} for a model worker.
 *
 * <p>The only place that reads the system's clock and random source, the environment and the
 * command line. Decides nothing about a request.
 */
@NullMarked
package io.trawl.app;

import org.jspecify.annotations.NullMarked;
