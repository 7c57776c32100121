/**
 * Trawl's API from the outside: the same request over HTTP ({@code POST /v1/retrieve}) and over
 * gRPC ({@code trawl.v1.Retrieval/Retrieve}), answered in the words of {@link io.trawl.domain}, so
 * that the two can be compared.
 *
 * <p>Used by {@code ./trawl demo} and {@code ./trawl eval}. Knows nothing of the gateway that
 * answers, and checks what it says: an answer with a field or a word that the API does not have
 * fails the call.
 */
@NullMarked
package io.trawl.app.client;

import org.jspecify.annotations.NullMarked;
