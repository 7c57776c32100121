package io.trawl.workers.testkit;

import static java.util.Objects.requireNonNull;

import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.contract.OipCaller;
import io.trawl.workers.testkit.contract.OipServerContract;
import io.trawl.workers.testkit.contract.OipSubject;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the fake does without a script is what Triton does, as far as it goes. */
class FakeContractTest extends OipServerContract {

  @Override
  protected OipSubject start(Vertx on) {
    return subject(on);
  }

  static Fake subject(Vertx on) {
    FakeTriton fake = OipCaller.await(FakeTriton.start(on));
    for (String datatype : datatypes()) {
      String name = "identity_" + datatype.toLowerCase(Locale.ROOT);
      fake.serve(FakeModel.identity(name, datatype, 8));
    }
    fake.serve(FakeModel.identity("spare", "FP32", 8)).serve(add());
    var runs = new HeldRuns();
    fake.serve(
        FakeModel.identity("gated", "FP32", 4), ServiceOptions.instances(1).withQueue(4), runs);
    return new Fake(fake, runs);
  }

  private static Set<String> datatypes() {
    return Stream.of(Datatype.values()).map(Datatype::name).collect(Collectors.toSet());
  }

  private static FakeModel add() {
    var config = ModelConfig.newBuilder().setName("add").setMaxBatchSize(4);
    for (String name : List.of("A", "B")) {
      config.addInput(
          ModelInput.newBuilder().setName(name).setDataType(DataType.TYPE_FP32).addDims(4));
    }
    for (String name : List.of("SUM", "DIFFERENCE")) {
      config.addOutput(
          ModelOutput.newBuilder().setName(name).setDataType(DataType.TYPE_FP32).addDims(4));
    }
    return FakeModel.of(
        config.build(),
        inputs -> {
          RawTensor a = requireNonNull(inputs.get("A"));
          RawTensor b = requireNonNull(inputs.get("B"));
          return Map.of(
              "SUM", plus("SUM", a, b, 1),
              "DIFFERENCE", plus("DIFFERENCE", a, b, -1));
        });
  }

  private static RawTensor plus(String name, RawTensor a, RawTensor b, int sign) {
    ByteBuffer left = a.raw().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer right = b.raw().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[left.remaining() / Float.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = left.getFloat() + sign * right.getFloat();
    }
    return RawTensor.fp32(name, a.shape(), values);
  }

  record Fake(FakeTriton fake, HeldRuns held) implements OipSubject {

    @Override
    public int grpcPort() {
      return fake.port();
    }

    /** Health alone is no twin. */
    @Override
    public OptionalInt httpPort() {
      return OptionalInt.empty();
    }

    @Override
    public OptionalInt metricsPort() {
      return OptionalInt.empty();
    }

    @Override
    public Set<Feature> features() {
      return EnumSet.of(Feature.CANCELLATION_AT_ANY_MOMENT, Feature.STATISTICS);
    }

    @Override
    public Set<String> datatypes() {
      return FakeContractTest.datatypes();
    }

    @Override
    public Optional<Runs> runs() {
      return Optional.of(held);
    }

    @Override
    public void close() {
      OipCaller.await(fake.close());
    }
  }
}
