/** Where the workers are: a list, names in the DNS, endpoint slices of Kubernetes. */
@NullMarked
package io.trawl.workers.fleet.resolve;

import org.jspecify.annotations.NullMarked;
