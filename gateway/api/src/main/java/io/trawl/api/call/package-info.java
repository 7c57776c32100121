/**
 * What all protocols share: the table of calls, how a request is received and answered once, the
 * calls themselves, and every way that one can end. How either protocol writes an answer is not
 * known here.
 */
@NullMarked
package io.trawl.api.call;

import org.jspecify.annotations.NullMarked;
