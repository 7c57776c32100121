/**
 * The HTTP port's description of itself, made once of the table of calls, the descriptors, their
 * comments and the limits in force.
 */
@NullMarked
package io.trawl.api.openapi;

import org.jspecify.annotations.NullMarked;
