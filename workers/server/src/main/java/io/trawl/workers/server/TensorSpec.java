package io.trawl.workers.server;

import io.trawl.workers.tensors.Datatype;

/**
 * What a model says about one of its inputs or outputs.
 *
 * @param name as clients use it
 * @param type element type
 * @param shape dimensions; whether a batch dimension is among them depends on who speaks: a
 *     configuration leaves it out where {@code max_batch_size > 0}, an ONNX file has it
 */
record TensorSpec(String name, Datatype type, Shape shape) {}
