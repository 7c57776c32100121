package io.trawl.app.triton;

import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.onnx.TensorProto;
import java.util.Locale;

/** The numbers that query vectors travel as. */
public enum OutputType {
  FP32(DataType.TYPE_FP32, TensorProto.DataType.FLOAT),
  FP16(DataType.TYPE_FP16, TensorProto.DataType.FLOAT16),
  BF16(DataType.TYPE_BF16, TensorProto.DataType.BFLOAT16);

  private final DataType triton;
  private final TensorProto.DataType onnx;

  OutputType(DataType triton, TensorProto.DataType onnx) {
    this.triton = triton;
    this.onnx = onnx;
  }

  DataType triton() {
    return triton;
  }

  TensorProto.DataType onnx() {
    return onnx;
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
