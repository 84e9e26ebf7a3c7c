package org.peft4j.internal.merge;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.merge.Merger.Original;
import org.peft4j.kernel.DetachedArrays;

/** Arrays that hold merged values now, and what they held before. */
public final class MergedState {
  private final List<Original> originals;
  private boolean suspended;

  public MergedState(List<Original> originals) {
    this.originals = List.copyOf(originals);
  }

  /** Puts the original values back for a while. */
  public void suspend() {
    if (!suspended) {
      swap();
      suspended = true;
    }
  }

  /** Puts the merged values back, as they were before {@link #suspend}. */
  public void resume() {
    if (suspended) {
      swap();
      suspended = false;
    }
  }

  private void swap() {
    for (Original original : originals) {
      INDArray array = original.array();
      if (original.buffer() == null) {
        INDArray now = DetachedArrays.copy(array);
        array.assign(original.value());
        original.value().assign(now);
        now.close();
      } else {
        array.setData(suspended ? original.value().data() : original.buffer());
      }
    }
  }

  /** Puts the original values back, bit for bit, and frees the merged ones. */
  public void end() {
    resume();
    Merger.restore(originals);
  }
}
