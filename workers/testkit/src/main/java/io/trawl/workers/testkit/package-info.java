/**
 * A fake Triton inside the JVM, for tests of anything that calls a worker.
 *
 * <p>{@link io.trawl.workers.testkit.FakeTriton#start} listens on a free loopback port and speaks
 * the Open Inference Protocol over gRPC. A test scripts it with {@link
 * io.trawl.workers.testkit.Behaviour}s, one for each inference in order of arrival, and reads back
 * what it saw:
 *
 * <pre>{@code
 * FakeTriton triton = FakeTriton.start(vertx).await();
 * Gate gate = new Gate();
 * triton
 *     .next(queueFull(), hang(), answer(fp32("y", shape(1, 2), 3, 4)).behind(gate))
 *     .always(answer(fp32("y", shape(1, 1), 0)).ofVersion("9"));
 * // ... call it ...
 * SeenCall second = triton.call(1).await();
 * assertEquals(Ending.CANCELLED, second.ending().await());
 * }</pre>
 *
 * <p>Time is in the test's hand: what shall be late waits for a {@link
 * io.trawl.workers.testkit.Gate}; a call that shall never be answered hangs. The one exception is
 * {@link io.trawl.workers.testkit.Answer#dripping}, which is slow by nature.
 *
 * <p>It frames its answers itself, down to the single byte, since a fake that goes through a
 * correct gRPC server cannot be wrong. It never checks what it is told to send, knows no client and
 * no gateway, and never opens a port outside the loopback address.
 */
@NullMarked
package io.trawl.workers.testkit;

import org.jspecify.annotations.NullMarked;
