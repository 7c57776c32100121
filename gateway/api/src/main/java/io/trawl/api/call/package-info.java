/**
 * What all protocols share: the table of calls, how a request is received and answered once, the
 * calls themselves, and every way that one can end. Knows neither HTTP nor gRPC.
 */
@NullMarked
package io.trawl.api.call;

import org.jspecify.annotations.NullMarked;
