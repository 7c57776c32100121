/**
 * Which models there are: reads configurations, holds them against model files, opens versions, and
 * brings models in and out while they are called.
 */
@NullMarked
package io.trawl.workers.server.repository;

import org.jspecify.annotations.NullMarked;
