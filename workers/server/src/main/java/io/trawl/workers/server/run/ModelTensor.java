package io.trawl.workers.server.run;

import com.google.protobuf.ByteString;
import io.trawl.workers.tensors.Datatype;

/**
 * A tensor with its data as the protocol sends it: little-endian, row-major, without padding.
 *
 * @param data may be a view of a longer array; never changed
 */
public record ModelTensor(String name, Datatype type, Shape shape, ByteString data) {
  public ModelTensor withShape(Shape other) {
    return new ModelTensor(name, type, other, data);
  }
}
