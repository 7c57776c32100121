/**
 * The Open Inference Protocol (KServe v2) as NVIDIA Triton speaks it over gRPC: messages, service
 * contract and stubs, generated from {@code inference.proto} and {@code model_config.proto}. The
 * messages of ONNX files are in {@code io.trawl.workers.protocol.onnx}.
 *
 * <p>Tensors travel as raw contents: little-endian, row-major, one {@code bytes} entry per tensor
 * in order. FP16 and BF16 exist only so. Nothing here knows a model, a server or a gateway.
 */
package io.trawl.workers.protocol;
