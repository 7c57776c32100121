/**
 * Attacks on a gateway and its worker, each with a bound that must hold: {@code ./trawl bench
 * attack}.
 *
 * <p>An {@link io.trawl.bench.attack.Attack} is a deed and what it must not achieve. {@link
 * io.trawl.bench.attack.AttackRun} makes it beside a good caller and looks at the target's
 * processes before and afterwards; {@link io.trawl.bench.attack.OwnNode} is a gateway with its
 * worker in processes of their own, to be attacked where no other is named.
 *
 * <p>Attackers write bytes to plain sockets: what no library would send is what they need.
 */
@NullMarked
package io.trawl.bench.attack;

import org.jspecify.annotations.NullMarked;
