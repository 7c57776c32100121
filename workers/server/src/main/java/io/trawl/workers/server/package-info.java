/**
 * A model worker: the Open Inference Protocol, over gRPC and HTTP, in front of ONNX Runtime. It
 * reads a Triton model repository and speaks like Triton, so that one can stand in for the other.
 * It knows nothing of retrieval, gateways or spaces.
 *
 * <p>Here are the worker and its options; {@code edge} is what callers see, {@code repository}
 * which models there are, {@code run} how they run. Each knows those behind it and none before.
 *
 * <p>A request takes these steps:
 *
 * <ol>
 *   <li>{@code GrpcEdge} or {@code HttpEdge} turns bytes into a {@code ModelInferRequest}, on the
 *       event loop;
 *   <li>{@code Inference} finds the model in the {@code Repository} and lets {@code RequestReader}
 *       hold the request against it;
 *   <li>{@code ModelScheduler} queues it; {@code BatchQueue} decides who runs with whom, who waited
 *       too long, and when to look again;
 *   <li>{@code Batch} lays inputs one after another, {@code OnnxInstance} runs them on the thread
 *       of its instance, {@code Batch} cuts the outputs up again;
 *   <li>the edge answers, on the caller's context.
 * </ol>
 *
 * <p>{@code ModelControl} brings models in and out of the {@code Repository} meanwhile: a call sees
 * the model before or after an exchange, and never between.
 *
 * <p>Example:
 *
 * {@snippet :
 * ModelWorker worker = ModelWorker.create(vertx, WorkerOptions.of(Path.of("models")));
 * worker.start().onSuccess(ready -> log.info("gRPC on port {}", ready.ports().grpc()));
 * }
 *
 * <p>What it never does: wait on an event loop, queue without a bound, run a request whose deadline
 * has passed or whose caller has left while it waited, or serve a configuration that it honours
 * only in part.
 */
@NullMarked
package io.trawl.workers.server;

import org.jspecify.annotations.NullMarked;
