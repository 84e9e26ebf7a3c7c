package org.peft4j.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link Scratch} for a block of code: releases its arrays at the end, also after errors. */
public final class ScratchScope implements AutoCloseable {
  private final List<INDArray> arrays = new ArrayList<>();

  /** A row-major, uninitialised array. */
  public INDArray array(DataType type, long... shape) {
    return mine(Scratch.of(type, shape));
  }

  /** A row-major, uninitialised array of the type and shape of {@code model}. */
  public INDArray like(INDArray model) {
    return array(model.dataType(), model.shape());
  }

  /** Takes over {@code array}, made elsewhere for this block of code. */
  public INDArray mine(INDArray array) {
    arrays.add(array);
    return array;
  }

  @Override
  public void close() {
    arrays.forEach(Scratch::release);
  }
}
