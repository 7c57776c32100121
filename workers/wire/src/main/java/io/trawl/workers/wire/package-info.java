/**
 * gRPC over HTTP/2 of Vert.x, for whoever calls and whoever answers: what vertx-grpc leaves open,
 * once.
 *
 * <p>For a server: {@link GrpcHealth} and {@link GrpcReflection}, which every gRPC server should
 * have. They answer what they cannot read with a status, and bound what they hold.
 *
 * <p>Every workaround for Vert.x 5.0.7 is here, each with what it waits for:
 *
 * <ul>
 *   <li>{@link CancelledAnswers}: until a failed write of trailers stays with its stream, and fails
 *       no promise that is null.
 *   <li>{@link ResetLimit}: until a client's connection is told from a server's where resets are
 *       counted.
 * </ul>
 */
@NullMarked
package io.trawl.workers.wire;

import org.jspecify.annotations.NullMarked;
