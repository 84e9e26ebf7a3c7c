package org.peft4j.weight;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/** Overwrites the values of an array and keeps the earlier ones. */
final class Overwritten implements Replacement {
  private final INDArray array;
  private final INDArray other;
  private boolean suspended;

  Overwritten(INDArray array, WeightView view, INDArray values) {
    this.array = array;
    this.other = DetachedArrays.copy(array);
    array.assign(view.stored(values, array.shape()));
    values.close();
  }

  private void exchange() {
    INDArray now = DetachedArrays.copy(array);
    array.assign(other);
    other.assign(now);
    now.close();
    suspended = !suspended;
  }

  @Override
  public void suspend() {
    if (!suspended) {
      exchange();
    }
  }

  @Override
  public void resume() {
    if (suspended) {
      exchange();
    }
  }

  @Override
  public void keep() {
    resume();
    other.close();
  }

  @Override
  public void close() {
    if (!suspended) {
      array.assign(other);
    }
    other.close();
  }
}
