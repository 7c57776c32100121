/**
 * What callers see: the calls of the Open Inference Protocol over gRPC and HTTP, how a request is
 * held against its model, and the metrics page.
 */
@NullMarked
package io.trawl.workers.server.edge;

import org.jspecify.annotations.NullMarked;
