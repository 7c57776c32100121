package io.trawl.app.triton;

import io.trawl.workers.protocol.DataType;
import java.util.Locale;

/** The numbers that query vectors travel as. */
public enum OutputType {
  FP32(DataType.TYPE_FP32, 1),
  FP16(DataType.TYPE_FP16, 10),
  BF16(DataType.TYPE_BF16, 16);

  private final DataType triton;
  private final int onnx;

  OutputType(DataType triton, int onnx) {
    this.triton = triton;
    this.onnx = onnx;
  }

  DataType triton() {
    return triton;
  }

  /** Its number in onnx.proto. */
  int onnx() {
    return onnx;
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
