/**
 * What a request may say: bounds, and the domain's request made of a message within them. An error
 * names the field, its value and what was expected.
 */
@NullMarked
package io.trawl.api.check;

import org.jspecify.annotations.NullMarked;
