/**
 * The edge: HTTP and gRPC bytes become a {@link io.trawl.domain.RetrievalRequest} with a deadline,
 * and a {@link io.trawl.domain.RetrievalOutcome} becomes an answer in the caller's protocol.
 *
 * <p>The one source is {@code trawl/v1/retrieval.proto}; both protocols decode to its messages and
 * encode from them, so they cannot say different things. The steps of a call, each a class:
 *
 * <ol>
 *   <li>{@link io.trawl.api.ApiServer} listens; {@link io.trawl.api.http.HttpRoutes} and {@link
 *       io.trawl.api.grpc.GrpcRoutes} find the call in the one table of {@link
 *       io.trawl.api.call.ApiCall};
 *   <li>{@code HttpExchange} or {@code GrpcExchange} receives the message within its bounds of size
 *       and time, and later answers exactly once or notices that the caller has left;
 *   <li>{@code JsonDecoder} or {@code WireDecoder} makes the message, or names what is wrong;
 *   <li>{@code RequestChecker} holds it against {@link io.trawl.api.check.ApiLimits} and makes the
 *       domain's request;
 *   <li>{@code RetrievalCalls} sets the deadline, asks the {@link io.trawl.serve.Retriever} and
 *       turns the outcome into a reply;
 *   <li>{@code StatusTable} says which status that is in either protocol.
 * </ol>
 *
 * <p>{@code OpenApi} makes the document at {@code /openapi.json} of the same table, of the proto's
 * descriptors and comments ({@code ApiSource}), and of the bounds in force. What a field may say
 * beyond its type stands once, in {@code FieldRules}: requests are checked by it, and the document
 * prints it.
 *
 * <p>{@link io.trawl.api.AdminServer} has health and metrics on a port of its own.
 *
 * <p>Never blocks an event loop, never reads a clock or a random source that was not handed in, and
 * lets nothing of its inside out: no stack trace, no class name, no page that is not JSON or
 * protobuf. Every wait ends and every size has a bound.
 */
@NullMarked
package io.trawl.api;

import org.jspecify.annotations.NullMarked;
