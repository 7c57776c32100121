/** The API over gRPC: services, health and reflection, the richer error model. */
@NullMarked
package io.trawl.api.grpc;

import org.jspecify.annotations.NullMarked;
