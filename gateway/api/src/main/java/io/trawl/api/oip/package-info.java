/**
 * The pipeline as one model of the Open Inference Protocol, over HTTP and gRPC. The server mounts
 * it; nothing else here knows it.
 */
@NullMarked
package io.trawl.api.oip;

import org.jspecify.annotations.NullMarked;
