package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.Decoded.Illegible;
import io.trawl.api.codec.Decoded.Legible;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.codec.WireDecoder;
import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.User;
import io.trawl.workers.wire.MessageWeight;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * No bytes make a decoder throw, and what is a message comes through whole. Against protobuf's own
 * JSON writer as the model.
 */
class DecodersTest {

  private static final int MOST = 16;

  private final JsonDecoder json = new JsonDecoder(MOST);
  private final WireDecoder wire = new WireDecoder(MOST);
  private final RetrieveRequest prototype = RetrieveRequest.getDefaultInstance();

  @RepeatedTest(20)
  void randomMessagesComeThroughWhole() throws IOException {
    long seed = new Random().nextLong();
    var message = message(new Random(seed));
    for (var printer :
        new JsonFormat.Printer[] {
          JsonFormat.printer(), JsonFormat.printer().preservingProtoFieldNames()
        }) {
      var text = printer.print(message);
      assertEquals(
          new Legible<>(message),
          json.decode(text.getBytes(StandardCharsets.UTF_8), prototype),
          () -> "seed " + seed + ": " + text);
    }
    assertEquals(new Legible<>(message), wired(message.toByteArray()));
  }

  @RepeatedTest(20)
  void brokenBytesNeverThrow() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var message = message(random);
    var text = JsonFormat.printer().print(message).getBytes(StandardCharsets.UTF_8);
    try {
      for (int i = 0; i < 200; i++) {
        outcomeIsSound(json.decode(mutated(text, random), prototype));
        outcomeIsSound(wired(mutated(message.toByteArray(), random)));
      }
    } catch (RuntimeException | Error thrown) {
      throw new AssertionError("seed " + seed, thrown);
    }
  }

  @Test
  void deepProtobufIsUnreadableAndNotAStackOverflow() {
    // Nested by hand: the library's own writer goes as deep as the message, and overflows first.
    var nested = ByteString.EMPTY;
    for (int i = 0; i < 2000; i++) {
      nested = field(Filter.NOT_FIELD_NUMBER, nested);
    }
    var bytes = field(RetrieveRequest.FILTER_FIELD_NUMBER, nested).toByteArray();
    assertInstanceOf(Illegible.class, wired(bytes));
  }

  /** Nothing that the one who weighs calls known has something wrong to be found. */
  private Decoded<RetrieveRequest> wired(byte[] bytes) {
    var weight = MessageWeight.of(bytes, prototype.getDescriptorForType(), Long.MAX_VALUE);
    var decoded = wire.decode(bytes, prototype, weight.allKnown());
    assertEquals(wire.decode(bytes, prototype, false), decoded);
    return decoded;
  }

  private static ByteString field(int number, ByteString message) {
    var field = UnknownFieldSet.Field.newBuilder().addLengthDelimited(message).build();
    return UnknownFieldSet.newBuilder().addField(number, field).build().toByteString();
  }

  @Test
  void unknownNamesAsLongAsTheBodyAreQuotedShort() {
    var text = "{\"" + "x".repeat(100_000) + "\":1}";
    var unreadable =
        assertInstanceOf(
            Illegible.class, json.decode(text.getBytes(StandardCharsets.UTF_8), prototype));
    assertTrue(unreadable.violations().toString().length() < 400);
  }

  private static void outcomeIsSound(Decoded<RetrieveRequest> decoded) {
    if (decoded instanceof Illegible<RetrieveRequest>(var violations)) {
      assertFalse(violations.isEmpty());
      assertTrue(violations.size() <= MOST);
    }
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    var mutant = bytes.clone();
    if (mutant.length == 0) {
      return mutant;
    }
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(mutant.length);
      switch (random.nextInt(3)) {
        case 0 -> mutant[at] = (byte) random.nextInt(256);
        case 1 ->
            mutant[at] =
                "{}[]\",:0-.eNn\\u".getBytes(StandardCharsets.US_ASCII)[random.nextInt(15)];
        default -> mutant = java.util.Arrays.copyOf(mutant, Math.max(1, at));
      }
    }
    return mutant;
  }

  private static RetrieveRequest message(Random random) {
    var message = RetrieveRequest.newBuilder().setRequestId(text(random));
    var user = User.newBuilder().setId(text(random));
    for (int i = random.nextInt(4); i > 0; i--) {
      user.putProfile(text(random), text(random));
      var behaviour = Behaviour.newBuilder().setItem(text(random)).setAction(text(random));
      if (random.nextBoolean()) {
        behaviour.setTime(random.nextLong());
      }
      user.addHistory(behaviour);
      message.addExcludedItems(text(random));
      message.addObjectives(ObjectiveRequest.newBuilder().setName(text(random)));
    }
    message.setUser(user).setFilter(filter(random, 3));
    if (random.nextBoolean()) {
      message.setK(random.nextInt()).setDeadlineMs(random.nextLong()).setExcludeHistory(true);
      message.getEngineBuilder().setRounds(random.nextInt()).setSeed(random.nextLong());
    }
    return message.build();
  }

  private static Filter filter(Random random, int depth) {
    var filter = Filter.newBuilder();
    switch (random.nextInt(depth == 0 ? 3 : 6)) {
      case 0 -> filter.getEqualBuilder().setAttribute(text(random)).setValue(value(random));
      case 1 -> filter.getInBuilder().setAttribute(text(random)).addValues(value(random));
      case 2 ->
          filter.getRangeBuilder().setAttribute(text(random)).setAtLeast(random.nextGaussian());
      case 3 -> filter.addAll(filter(random, depth - 1)).addAll(filter(random, depth - 1));
      case 4 -> filter.addAny(filter(random, depth - 1));
      default -> filter.setNot(filter(random, depth - 1));
    }
    return filter.build();
  }

  private static Value value(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> Value.newBuilder().setStringValue(text(random)).build();
      case 1 -> Value.newBuilder().setNumberValue(random.nextDouble() * 1e6).build();
      default -> Value.newBuilder().setBoolValue(random.nextBoolean()).build();
    };
  }

  private static String text(Random random) {
    return random
        .ints(1 + random.nextInt(8), 0, 0x11_000)
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
