/**
 * How requests of a model wait, are put together and run: the queue, the batch, the instances on
 * ONNX Runtime, and what is counted. Knows nothing of repositories, configurations or how calls
 * travel; of the protocol it knows the tensors, the status codes and the message of statistics.
 */
@NullMarked
package io.trawl.workers.server.run;

import org.jspecify.annotations.NullMarked;
