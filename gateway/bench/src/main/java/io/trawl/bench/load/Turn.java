package io.trawl.bench.load;

import io.trawl.domain.User;
import java.util.Map;

/**
 * Who asks now.
 *
 * @param user with the history of this moment
 * @param nowSeconds of the request, 0 for the gateway's own time
 * @param texts by objective, for those that want one
 * @param draw what is left to chance in this request
 */
record Turn(User user, long nowSeconds, Map<String, String> texts, long draw) {}
