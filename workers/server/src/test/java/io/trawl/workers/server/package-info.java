/** Tests of the worker: see {@code make_models.py} for the models that they serve. */
@NullMarked
package io.trawl.workers.server;

import org.jspecify.annotations.NullMarked;
