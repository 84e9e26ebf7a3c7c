package org.peft4j.transformers.internal.input;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where virtual tokens stand: before a sequence's own tokens, but after the padding on its left,
 * which so comes between no two things that attend to each other.
 */
final class Places {
  private Places() {}

  /**
   * Writes y [batch, virtualTokens + time, width].
   *
   * @param own the embeddings of the tokens, [batch, time, width]
   * @param prompt those of virtual tokens, [batch, virtualTokens, width]
   */
  static void put(Tokens tokens, INDArray own, INDArray prompt, INDArray y) {
    int virtual = tokens.virtualTokens();
    for (int row = 0; row < y.size(0); row++) {
      int pads = tokens.padding(row);
      copy(own, row, 0, y, 0, pads);
      copy(prompt, row, 0, y, pads, virtual);
      copy(own, row, pads, y, pads + virtual, tokens.time() - pads);
    }
  }

  /** Takes apart what {@link #put} puts together: overwrites {@code own} and {@code prompt}. */
  static void take(Tokens tokens, INDArray y, INDArray own, INDArray prompt) {
    int virtual = tokens.virtualTokens();
    for (int row = 0; row < y.size(0); row++) {
      int pads = tokens.padding(row);
      copy(y, row, 0, own, 0, pads);
      copy(y, row, pads, prompt, 0, virtual);
      copy(y, row, pads + virtual, own, pads, tokens.time() - pads);
    }
  }

  private static void copy(INDArray from, int row, int first, INDArray to, int place, int count) {
    if (count > 0) {
      part(to, row, place, count).assign(part(from, row, first, count));
    }
  }

  private static INDArray part(INDArray array, int row, int from, int count) {
    return array.get(point(row), interval(from, from + count), all());
  }
}
