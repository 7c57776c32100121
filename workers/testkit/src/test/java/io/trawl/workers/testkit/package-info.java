/**
 * A fake Triton inside the JVM, for tests of anything that calls a worker, and the contract that
 * every OIP server is held against, for tests of anything that is called as one.
 *
 * <p><b>The fake.</b> {@link io.trawl.workers.testkit.FakeTriton#start} listens on free loopback
 * ports and speaks the Open Inference Protocol over gRPC; over HTTP it tells its health. A test
 * tells it in {@link io.trawl.workers.testkit.Script sentences} what to do with the inferences of a
 * model, and reads back what it saw:
 *
 * <pre>{@code
 * FakeTriton triton = FakeTriton.start(vertx).await();
 * Gate gate = new Gate();
 * triton.on("backbone").first(3).reject(QUEUE_FULL).then().behind(gate).answer(y);
 * triton.on("backbone").next().ofVersion("9").answer(y);
 * // ... call it ...
 * SeenCall second = triton.call(1).await();
 * assertEquals(SeenEnding.CANCELLED, second.ending().await());
 * }</pre>
 *
 * <p>A model that it {@link io.trawl.workers.testkit.FakeTriton#serve serves} has a queue,
 * instances, batches and times of its own, drains as Triton does and counts what it did; so it
 * takes no script. What is behind that, the room {@code service}, knows no socket: the fakes of
 * {@code workers/fleet}, hundreds in one JVM, are made of it too.
 *
 * <p>Its bad habits are those of real servers: queue timeouts that come late, readiness that lies,
 * models unloaded at shutdown while the HTTP port is closed already, streams reset and connections
 * closed before, in the middle of and after an answer, half answers, trailers left out, the model,
 * version or shape of another, and a process that stands still ({@code hang}).
 *
 * <p>Time is in the test's hand: what shall be late waits for a {@link
 * io.trawl.workers.testkit.Gate}; a call that shall never be answered hangs. The exceptions are
 * {@code after}, {@code expire} and {@code dripping}, which are slow by nature, and the time that a
 * served model is given.
 *
 * <p>It frames its answers itself, down to the single byte, since a fake that goes through a
 * correct gRPC server cannot be wrong. It never checks what it is told to send, knows no client and
 * no gateway, and never opens a port outside the loopback address.
 *
 * <p><b>The contract.</b> A test class that extends {@link
 * io.trawl.workers.testkit.contract.OipServerContract} and starts an {@link
 * io.trawl.workers.testkit.contract.OipSubject} has a test for everything that Triton does on the
 * wire and its callers rely on: descriptions, inference in every datatype, refusals and their
 * words, streams, statistics, loading and unloading under traffic, queues, and the HTTP twins.
 * {@link io.trawl.workers.testkit.contract.OipDrainContract} goes on from SIGTERM to the end. Both
 * call by the protocol's stubs and the JDK's HTTP client, never by a client of ours. Its judge is
 * the real Triton, which {@link io.trawl.workers.testkit.RealTriton} starts where {@code
 * -Dtrawl.servers=true} asks for it; {@code docs/oip-differences.md} lists where ours differ.
 */
@NullMarked
package io.trawl.workers.testkit;

import org.jspecify.annotations.NullMarked;
