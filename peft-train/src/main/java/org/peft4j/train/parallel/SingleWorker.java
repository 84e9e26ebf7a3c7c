package org.peft4j.train.parallel;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A worker without others. */
enum SingleWorker implements Workers {
  INSTANCE;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void sum(INDArray array) {
    // The sum of one.
  }

  @Override
  public List<byte[]> gather(byte[] own) {
    return List.of(own.clone());
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
