/** Which of many gets a call: how busy each is, whose a user is, and the choice between them. */
@NullMarked
package io.trawl.workers.fleet.choose;

import org.jspecify.annotations.NullMarked;
