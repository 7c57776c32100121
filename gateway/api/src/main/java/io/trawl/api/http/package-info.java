/** The API over HTTP/1.1 and h2c: paths, bodies, events, problem documents. */
@NullMarked
package io.trawl.api.http;

import org.jspecify.annotations.NullMarked;
