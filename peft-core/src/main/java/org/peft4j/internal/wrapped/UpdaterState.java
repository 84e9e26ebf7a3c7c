package org.peft4j.internal.wrapped;

import java.util.List;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/**
 * A copy of an updater's state.
 *
 * @param values its elements
 * @param blocks the end of each run of parameters with the same update, which determines the order
 *     of the values
 */
record UpdaterState(INDArray values, List<Integer> blocks) {
  static UpdaterState of(Updater updater) {
    return new UpdaterState(DetachedArrays.copy(updater.getStateViewArray()), blocksOf(updater));
  }

  /** Writes the state back, unless the updater's rules have changed. */
  void restore(@Nullable Updater updater) {
    if (updater != null && blocksOf(updater).equals(blocks)) {
      updater.getStateViewArray().assign(values);
    }
  }

  private static List<Integer> blocksOf(Updater updater) {
    return updater instanceof BaseMultiLayerUpdater<?> all
        ? all.getUpdaterBlocks().stream().map(block -> block.getParamOffsetEnd()).toList()
        : List.of();
  }

  void close() {
    Relayable.close(values);
  }
}
