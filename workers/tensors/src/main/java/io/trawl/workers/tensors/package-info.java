/**
 * Tensors of the Open Inference Protocol in the forms in which they travel, for whatever serves it:
 * raw ({@link io.trawl.workers.tensors.BytesTensors} where the elements have lengths of their own),
 * typed, JSON, and JSON with the binary tensor extension.
 *
 * <p>{@link io.trawl.workers.tensors.JsonInfer} turns the body of an HTTP inference into the
 * message that gRPC would have brought, and the answer back; {@link
 * io.trawl.workers.tensors.ProtoJson} writes all other answers. What is wrong with a request is
 * {@link io.trawl.workers.tensors.InvalidTensors}, in Triton's words where Triton has some.
 *
 * <p>Knows no model, no server and no status: those who serve say what an inference means.
 */
@NullMarked
package io.trawl.workers.tensors;

import org.jspecify.annotations.NullMarked;
