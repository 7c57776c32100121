/**
 * The Open Inference Protocol (KServe v2) as NVIDIA Triton speaks it over gRPC: messages, service
 * contract and stubs, generated from {@code inference.proto} and {@code model_config.proto}.
 *
 * <p>Tensors travel as raw contents: little-endian, row-major, one {@code bytes} entry per tensor
 * in order. FP16 and BF16 exist only so. Nothing here knows a model, a server or a gateway.
 *
 * <p>Beside it two services that every gRPC server should have, to be mounted on any server of
 * Vert.x: {@link GrpcHealth} and {@link GrpcReflection}. They answer what they cannot read with a
 * status, and bound what they hold. And {@link CancelledAnswers}, for connections that must outlive
 * a caller who leaves in mid-answer.
 */
package io.trawl.workers.protocol;
