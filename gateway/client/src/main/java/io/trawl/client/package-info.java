/**
 * A non-blocking client of Trawl's API over gRPC: the calls of {@code trawl/v1/retrieval.proto}
 * with deadlines, cancellation, and outcomes that are values.
 *
 * <pre>{@code
 * var client = TrawlClient.create(vertx, TrawlClientOptions.to("gateway", 9090));
 * var request =
 *     RetrieveRequest.newBuilder()
 *         .setUser(User.newBuilder().addHistory(Behaviour.newBuilder().setItem("i-1")))
 *         .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
 *         .build();
 * client.retrieve(request, Duration.ofMillis(200)).outcome()
 *     .onSuccess(
 *         outcome -> {
 *           switch (outcome) {
 *             case Outcome.Answered(var answer) -> show(answer.getLists(0).getItemsList());
 *             case Outcome.Shed(_, var retryAfter) -> askAgainAfter(retryAfter);
 *             case Outcome.Invalid(var text, var errors) -> complain(text, errors);
 *             default -> fallBack(outcome.text());
 *           }
 *         });
 * }</pre>
 *
 * <p><b>A call</b> answers at once with a handle; its outcome comes exactly once, by the deadline
 * and the options' grace at the latest. Order inside: room in flight and the deadline are checked
 * before anything is made; the alarm is set before the connection is asked for, so that a host that
 * hangs cannot outlast it; what is left goes out as {@code grpc-timeout}. A call that the caller
 * takes back, or that the alarm ends, is reset on the wire, and the gateway stops its work.
 *
 * <p><b>What the caller may assume</b>: a call in flight is bounded in number, size and time; no
 * future fails, but that of a stream whose handler threw. A call is sent a second time only where
 * the gateway proved that it never ran (REFUSED_STREAM, GOAWAY): a prefill is too dear to hedge,
 * and {@link Outcome.Shed} says when asking again may help.
 *
 * <p>Knows the generated messages alone, nothing of the gateway's inside. No TLS of its own, as the
 * gateway has none.
 */
@NullMarked
package io.trawl.client;

import org.jspecify.annotations.NullMarked;
