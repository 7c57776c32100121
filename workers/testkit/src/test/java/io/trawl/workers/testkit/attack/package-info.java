/**
 * Bytes that no client of good will sends: damaged, flooding, smuggled, slow; and what a server
 * under them is watched for.
 */
@NullMarked
package io.trawl.workers.testkit.attack;

import org.jspecify.annotations.NullMarked;
