/** A space's backbone as a model repository for NVIDIA Triton, by backend. */
@NullMarked
package io.trawl.app.triton;

import org.jspecify.annotations.NullMarked;
