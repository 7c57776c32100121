/**
 * gRPC over HTTP/2 of Vert.x, for whoever calls and whoever answers: what vertx-grpc leaves open,
 * once.
 *
 * <p>For a client: a {@link GrpcChannel} and its {@link GrpcCall}s, with deadline, cancellation and
 * bounds; docs/decisions says why vertx-grpc's own client is not used. How a call ended is a {@link
 * GrpcOutcome}, which each client turns into words of its own.
 *
 * <pre>{@code
 * var answer = new OneMessage();
 * channel.call("/inference.GRPCInferenceService/ServerLive", request, budget, Duration.ZERO, answer)
 *     .outcome()
 *     .map(ended -> answer.read(ended, bytes -> parse(bytes), none -> refuse(none)));
 * }</pre>
 *
 * <p>For a server: {@link GrpcServers}, and {@link GrpcHealth} and {@link GrpcReflection}, which
 * every gRPC server should have. They answer what they cannot read with a status, and bound what
 * they hold.
 *
 * <p>Every workaround for Vert.x 5.0.7 is here, each with what it waits for:
 *
 * <ul>
 *   <li>{@link io.trawl.workers.wire.bounds.CancelledAnswers}: until a failed write of trailers
 *       stays with its stream, and fails no promise that is null.
 *   <li>{@link ClientClose}: until a client that closes while it connects is closed.
 *   <li>{@link GrpcServers#namingEncoding}: until a compressed message of a call that names no
 *       encoding is answered with a status.
 *   <li>{@link io.trawl.workers.wire.bounds.PortWatch}, where it takes nothing more after a request
 *       that closes its connection: until a server releases what it discards.
 *   <li>{@link ResetLimit}: until a client's connection is told from a server's where resets are
 *       counted.
 *   <li>{@link GrpcCall}, where it gives a stream back unsent: until a stream that is reset before
 *       it was opened returns to its pool; and where it looks for a GOAWAY: until the one in an
 *       {@code HttpClosedException} can be read.
 * </ul>
 */
@NullMarked
package io.trawl.workers.wire;

import org.jspecify.annotations.NullMarked;
