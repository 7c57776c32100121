package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Objective;
import io.trawl.domain.SpaceId;
import io.trawl.space.source.SpaceRefused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpaceTest {

  private final Path directory;

  SpaceTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @ParameterizedTest
  @EnumSource
  void opensAWholeSpace(Verification verification) {
    try (var space = Space.open(TinySpace.write(directory), verification)) {
      assertEquals(new SpaceId("tiny", 1), space.id());
      assertEquals(TinySpace.ITEMS, space.catalogue().count());
      assertEquals(TinySpace.LENGTHS, space.manifest().sizes().lengths());
      assertEquals(
          List.of("next-item", "text-search"),
          space.objectives().stream().map(Objective::name).toList());
      assertEquals("7", space.manifest().notes().get("seed"));
    }
  }

  /** Of which the trainer, who wrote the golden requests, knew nothing. */
  @Test
  void whatWasAddedNeedsNoGoldenRequest() {
    try (var space =
        Space.open(TinySpace.in(directory).withOwnObjectives().write(), Verification.CHECKSUMS)) {
      assertEquals(
          List.of("gift-ideas", "gift-search"),
          space.objectives().stream()
              .filter(Objective::extrapolated)
              .map(Objective::name)
              .toList());
    }
  }

  /** Who asks a gateway to go over to a space learns no path of its machine, nor a class. */
  @Test
  void whyAFileCannotBeReadIsSaidInWords() {
    assertUnreadable("access is denied", new AccessDeniedException("/secret"));
    assertUnreadable("it is gone", new NoSuchFileException("/secret"));
    assertUnreadable("Input/output error", new IOException("Input/output error"));
  }

  private static void assertUnreadable(String why, IOException thrown) {
    assertEquals(
        "items.tsv: cannot be read: " + why + "; expected a readable file",
        SpaceFiles.unreadable("items.tsv", thrown).getMessage());
  }

  @Test
  void copiesHaveOneChecksumAndAnyOtherFileAnotherOne(@TempDir Path copy, @TempDir Path other) {
    TinySpace.in(other).text("card.md", card -> card + "!").write();
    try (var space = open();
        var same = Space.open(TinySpace.write(copy), Verification.SIZES);
        var different = Space.open(other, Verification.SIZES)) {
      assertEquals(space.checksum(), same.checksum());
      assertTrue(space.checksum().matches("[0-9a-f]{64}"));
      assertNotEquals(space.checksum(), different.checksum());
    }
  }

  @Test
  void readsTheArraysAsTheyWereWritten() {
    try (var space = open()) {
      var vectors = TinySpace.vectors();
      var held = space.itemVectors().orElseThrow();
      var neighbours = space.neighbours().orElseThrow();
      for (var ordinal = 0; ordinal < TinySpace.ITEMS; ordinal++) {
        for (var h = 0; h < TinySpace.VECTOR_WIDTH; h++) {
          assertEquals(vectors[ordinal][h], held.at(ordinal, h));
        }
        assertEquals(TinySpace.NEIGHBOURS, neighbours.degree());
        assertTrue(neighbours.at(ordinal, 0) != ordinal);
      }
    }
  }

  @Test
  void readsEmbeddingsAsNumbersAndAsLittleEndianBytes() {
    try (var space = open()) {
      var expected = TinySpace.embeddings()[5];
      assertArrayEquals(expected, floats(space.itemEmbeddings(), 5));
      var bytes = new byte[4 + 4 * expected.length];
      space.itemEmbeddings().copyRowBytes(5, bytes, 4);
      var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(0f, buffer.getFloat());
      for (var number : expected) {
        assertEquals(number, buffer.getFloat());
      }
    }
  }

  @Test
  void readsHalfEmbeddingsAsFloats() {
    var half = TinySpace.in(directory);
    half.file("item_embeddings.npy", _ -> NpyBytes.float16(TinySpace.embeddings()));
    try (var space = Space.open(half.write(), Verification.CHECKSUMS)) {
      var expected = TinySpace.embeddings()[7].clone();
      for (var e = 0; e < expected.length; e++) {
        expected[e] = Float.float16ToFloat(Float.floatToFloat16(expected[e]));
      }
      assertArrayEquals(expected, floats(space.itemEmbeddings(), 7));
    }
  }

  @Test
  void opensWithoutNeighbours() {
    var alone = TinySpace.in(directory).without("neighbours.npy");
    alone.manifest(manifest -> manifest.remove("neighbours"));
    try (var space = Space.open(alone.write(), Verification.CHECKSUMS)) {
      assertTrue(space.neighbours().isEmpty());
    }
  }

  @Test
  void opensWithoutItsVectorsAsOthersHaveThem() throws Exception {
    var vectors = TinySpace.write(directory).resolve("item_vectors.npy");
    for (var gone : new boolean[] {false, true}) {
      if (gone) {
        Files.delete(vectors);
      } else {
        Files.write(vectors, new byte[] {1});
      }
      var refused =
          assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.CHECKSUMS));
      assertTrue(String.valueOf(refused.getMessage()).contains("item_vectors.npy"));
      try (var space = Space.openWithoutVectors(directory, Verification.CHECKSUMS)) {
        assertTrue(space.itemVectors().isEmpty());
        assertTrue(Nearness.of(space).isEmpty());
        assertEquals(TinySpace.ITEMS, space.neighbours().orElseThrow().count());
        assertEquals(TinySpace.VECTOR_WIDTH, space.manifest().sizes().vectorWidth());
      }
    }
  }

  @Test
  void withoutItsVectorsEverythingElseIsCheckedAsEver() throws Exception {
    Files.delete(TinySpace.write(directory).resolve("neighbours.npy"));
    assertThrows(SpaceRefused.class, () -> Space.openWithoutVectors(directory, Verification.SIZES));
  }

  @Test
  void readsTheUsersAgainAndAgain() {
    try (var space = open()) {
      var first = space.users().toList();
      assertEquals(first, space.users().toList());
      assertEquals(TinySpace.sampleUser(4), first.get(4).user());
      assertEquals(TinySpace.NOW, first.get(4).now());
      assertEquals(
          new HeldOut(List.of("i22"), null, List.of()), first.get(4).heldOut().get("next-item"));
      assertEquals(
          new HeldOut(List.of("i23"), "red lamp", List.of()),
          first.get(4).heldOut().get("text-search"));
    }
  }

  @Test
  void readsTheRanksOfAnOracle() {
    TinySpace.in(directory)
        .text(
            "users.jsonl",
            s -> s.replace("\"items\":[\"i22\"]}", "\"items\":[\"i22\"],\"oracle_ranks\":[7]}"))
        .write();
    try (var space = Space.open(directory, Verification.SIZES)) {
      var heldOut = space.users().toList().get(4).heldOut();
      assertEquals(new HeldOut(List.of("i22"), null, List.of(7)), heldOut.get("next-item"));
    }
  }

  @Test
  void readsTheGoldenRequests() {
    try (var space = open()) {
      var golden = space.goldenRequests().getLast();
      assertEquals("text-search", golden.objective().name());
      assertEquals(8, golden.line());
      assertEquals(TinySpace.sampleUser(3).history(), golden.user().history());
      assertArrayEquals(TinySpace.queryVectors(), golden.queryVectors().values());
      assertEquals(GoldenRequest.TOP, golden.top().ordinals().length);
      assertTrue(golden.top().scores()[0] >= golden.top().scores()[19]);
      for (var i = 0; i < golden.tokens().itemPositions().length; i++) {
        var id = golden.tokens().ids()[golden.tokens().itemPositions()[i]];
        assertEquals(TinyTokenizer.SPECIAL.indexOf("<|item|>"), id);
      }
    }
  }

  @Test
  void refusesUseAfterClose() {
    var space = open();
    space.close();
    var vectors = space.itemVectors().orElseThrow();
    assertThrows(IllegalStateException.class, () -> vectors.at(0, 0));
    assertThrows(IllegalStateException.class, () -> space.catalogue().title(0));
  }

  private Space open() {
    return Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
  }

  private static float[] floats(ItemEmbeddings embeddings, int ordinal) {
    var row = new float[embeddings.width()];
    embeddings.copyRow(ordinal, row, 0);
    return row;
  }
}
