package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a set is made of, it is the set that a plain one would be. */
class ItemSetTest {

  /** A set beside its plain twin. */
  record Twins(ItemSet set, BitSet plain) {

    Twins without(Collection<Integer> ordinals) {
      var less = (BitSet) plain.clone();
      ordinals.forEach(less::clear);
      return new Twins(set.without(ints(ordinals)), less);
    }

    Twins and(Twins other) {
      var both = (BitSet) plain.clone();
      both.and(other.plain);
      return new Twins(set.and(other.set), both);
    }

    Twins or(Twins other) {
      var either = (BitSet) plain.clone();
      either.or(other.plain);
      return new Twins(set.or(other.set), either);
    }

    Twins not() {
      var others = (BitSet) plain.clone();
      others.flip(0, set.count());
      return new Twins(set.not(), others);
    }

    void assertSame() {
      assertEquals(plain.cardinality(), set.size());
      for (var ordinal = 0; ordinal < set.count(); ordinal++) {
        assertEquals(plain.get(ordinal), set.contains(ordinal));
      }
    }
  }

  private static int[] ints(Collection<Integer> ordinals) {
    return ordinals.stream().mapToInt(Integer::intValue).toArray();
  }

  @Provide
  Arbitrary<List<Twins>> pairs() {
    return Arbitraries.integers().between(0, 200).flatMap(count -> twins(count).list().ofSize(2));
  }

  private static Arbitrary<Twins> twins(int count) {
    return Combinators.combine(bases(count), ordinals(count), ordinals(count))
        .as((base, some, more) -> base.without(some).without(more));
  }

  private static Arbitrary<Set<Integer>> ordinals(int count) {
    return count == 0
        ? Arbitraries.just(Set.of())
        : Arbitraries.integers().between(0, count - 1).set().ofMaxSize(12);
  }

  private static Arbitrary<Twins> bases(int count) {
    var everything = new BitSet();
    everything.set(0, count);
    return Arbitraries.oneOf(
        Arbitraries.just(new Twins(ItemSet.all(count), everything)),
        Arbitraries.just(new Twins(ItemSet.none(count), new BitSet())),
        ordinals(count).map(ordinals -> where(count, ordinals)),
        ordinals(count).map(ordinals -> where(count, ordinals).not()));
  }

  private static Twins where(int count, Set<Integer> ordinals) {
    var plain = new BitSet();
    ordinals.forEach(plain::set);
    return new Twins(ItemSet.where(count, ordinals::contains), plain);
  }

  @Property
  void holdsWhatAPlainSetHolds(@ForAll("pairs") List<Twins> pair) {
    var one = pair.getFirst();
    var other = pair.getLast();
    one.assertSame();
    one.and(other).assertSame();
    one.or(other).assertSame();
    one.not().assertSame();
    one.and(other).without(List.of()).not().assertSame();
    one.assertSame();
  }

  @Property
  void isReadInPiecesFromAnyPlace(@ForAll("pairs") List<Twins> pair, @ForAll int start) {
    var twins = pair.getFirst();
    var from = Math.floorMod(start, twins.set().count() + 1);
    for (var room = 1; room <= 5; room++) {
      var into = new int[room];
      var rest = twins.plain().stream().filter(ordinal -> ordinal >= from).toArray();
      var at = from;
      for (var read = 0; read < rest.length; ) {
        var count = twins.set().next(at, into);
        assertEquals(Math.min(room, rest.length - read), count);
        assertEquals(
            Arrays.stream(rest, read, read + count).boxed().toList(),
            Arrays.stream(into, 0, count).boxed().toList());
        read += count;
        at = into[count - 1] + 1;
      }
      assertEquals(0, twins.set().next(at, into));
    }
  }

  /** So that it may be made on an event loop. */
  @Example
  void leavingItemsOutCostsNothingOfTheCataloguesSize() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var filtered = ItemSet.where(1 << 20, ordinal -> ordinal % 3 == 0);
    int[] excluded = {5, 3, 999_999, 3};
    ItemSet.all(10).without(excluded[1]);
    var before = threads.getCurrentThreadAllocatedBytes();
    var most = ItemSet.all(1 << 30).without(excluded);
    var some = filtered.without(excluded);
    var allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertEquals((1 << 30) - 3, most.size());
    assertEquals(filtered.size() - 2, some.size());
    assertTrue(allocated < 100_000, () -> allocated + " bytes");
  }

  @Example
  void takesABitmap() {
    var items = ItemSet.ofWords(new long[] {1L << 63, 0b101}, 67);
    assertEquals(3, items.size());
    assertTrue(items.contains(63));
    assertTrue(items.contains(64));
    assertFalse(items.contains(65));
    assertTrue(items.contains(66));
  }

  @Example
  void refusesABitmapOfAnotherSize() {
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[2], 64));
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[1], 65));
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[] {2}, 1));
  }

  @Example
  void refusesWhatIsNotOfTheCatalogue() {
    for (var set : List.of(ItemSet.all(65), ItemSet.none(65))) {
      assertThrows(IndexOutOfBoundsException.class, () -> set.contains(65));
      assertThrows(IndexOutOfBoundsException.class, () -> set.without(-1));
      assertThrows(IllegalArgumentException.class, () -> set.and(ItemSet.all(64)));
    }
  }
}
