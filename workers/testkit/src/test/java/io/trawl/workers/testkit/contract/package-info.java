/**
 * What every server of the Open Inference Protocol must hold, asked of the fake, of our worker, of
 * the gateway's facade and of the real Triton alike.
 */
@NullMarked
package io.trawl.workers.testkit.contract;

import org.jspecify.annotations.NullMarked;
