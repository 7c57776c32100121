/**
 * A non-blocking client of the Open Inference Protocol, as NVIDIA Triton and our own worker serve
 * it over gRPC. It knows no gateway and is useful without one.
 *
 * <p><b>A call</b> is one inference on one worker: named tensors in, named tensors out, within a
 * budget of time. {@link io.trawl.workers.client.OipClient#infer} answers at once with a handle;
 * its outcome comes exactly once, by the end of the budget at the latest, and is a value: {@link
 * io.trawl.workers.client.Inferred}, or one of the {@link io.trawl.workers.client.Failure}s.
 *
 * <pre>{@code
 * OipClient client =
 *     OipClient.create(vertx, OipClientOptions.to(new Endpoint("worker", 8001)), NanoClock.system());
 * InferHandle call =
 *     client.infer(
 *         InferCall.of("backbone", "3", Tensor.int64("token_ids", new long[] {1, 4}, 5, 6, 7, 8)),
 *         Duration.ofMillis(40));
 * call.outcome()
 *     .onSuccess(
 *         outcome -> {
 *           switch (outcome) {
 *             case Inferred answer -> use(answer.output("query_vectors"));
 *             case Failure why -> fallBack(why);
 *           }
 *         });
 * }</pre>
 *
 * <p><b>Order inside a call</b>, outermost first: the budget is checked before anything is made, so
 * that an expired one costs no connection; then the alarm is set, before the connection is asked
 * for, so that a host that hangs cannot outlast it; then the wait for a stream, bounded in number
 * and time; only then is the request encoded, with what is left as {@code grpc-timeout}; last the
 * answer is checked against the call. Whoever settles the call first wins: the answer, the
 * transport, the alarm, or the caller by {@link io.trawl.workers.client.InferHandle#cancel}. In the
 * last two cases the stream is reset with CANCEL, so that a server drops what it has queued.
 *
 * <p><b>What counts as failure</b> is told apart by what to do next: {@code InvalidRequest} and
 * {@code TooLarge} fail everywhere alike; {@code QueueFull}, {@code Stopping}, {@code NotFound} and
 * {@code Unreachable} speak of this worker, and another may be asked ({@code Stopping} takes it out
 * of the rotation); {@code QueueTimeout}, {@code DeadlineExceeded} and {@code Cancelled} say that
 * the time is gone; {@code Malformed} and {@code Failed} are bugs on the other side. Triton says
 * three of these with one status, UNAVAILABLE, and only its text tells them apart.
 *
 * <p><b>Drain</b>, as real servers do it, is {@code Stopping} whatever is asked: "Server is
 * stopping", "Server exiting", "Server not ready", a model that "has no available versions" or "is
 * not at ready state", and a refused {@link io.trawl.workers.client.HttpProbe}; it is no fault of
 * the caller's and none of the worker's. When its gRPC port has gone too, it is {@code
 * Unreachable}.
 *
 * <p><b>What the caller may assume</b>: no future fails; no answer of another model, version or id
 * gets through, none whose sizes lie, and none without an output that was asked for by name. What
 * it may not: that a call which ended without an answer was not run.
 *
 * <p>Raw tensor contents only are sent, raw and typed ones are read. A request is copied once, into
 * the buffer that goes out. An answer that arrives in one HTTP/2 frame is not copied, one in
 * several frames once; its tensors are windows on the message. A call is sent a second time only
 * where the server proved that it never ran (REFUSED_STREAM, GOAWAY). Nothing here balances or
 * breaks: one client speaks to one {@link io.trawl.workers.client.Endpoint}, and what chooses
 * between several is put on top.
 *
 * <p>Leaving costs nobody else: however many calls are taken back, before, while or after they are
 * sent, the connection stays and the next call is served. {@link io.trawl.workers.wire.ResetLimit}
 * says what that took.
 */
@NullMarked
package io.trawl.workers.client;

import org.jspecify.annotations.NullMarked;
