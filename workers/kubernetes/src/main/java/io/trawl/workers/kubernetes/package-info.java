/**
 * Where model workers are, by the endpoint slices of a service of Kubernetes: listed, then watched,
 * and listed anew now and then and whenever the watch ends. A module of its own, since its client
 * is large and whoever runs elsewhere needs none of it.
 *
 * <pre>{@code
 * Resolver resolver =
 *     Resolvers.of(options, alarm, registry, slices -> KubernetesResolver.of(slices, alarm, registry));
 * }</pre>
 *
 * <p>It reads what a service account may that is allowed to {@code list} and {@code watch} {@code
 * endpointslices} of {@code discovery.k8s.io} in the namespace, and changes nothing.
 */
@NullMarked
package io.trawl.workers.kubernetes;

import org.jspecify.annotations.NullMarked;
