/**
 * A gateway as it runs: {@link io.trawl.app.node.TrawlConfig} for everything that can be set,
 * {@link io.trawl.app.node.GatewayNode} for its parts, which start and end in one order.
 *
 * <p>Knows nothing of the command line.
 */
@NullMarked
package io.trawl.app.node;

import org.jspecify.annotations.NullMarked;
