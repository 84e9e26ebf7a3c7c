package org.peft4j.transformers.internal.position;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;

/**
 * Rotary positions of the tokens of a call.
 *
 * @param cos [1 or batch, time, size], for the first {@code size} features of each head; null
 *     without rotary positions
 * @param sin likewise
 * @param interleaved whether features 2i and 2i + 1 are a pair; otherwise i and i + size/2
 */
public record Rotation(@Nullable INDArray cos, @Nullable INDArray sin, boolean interleaved) {
  public void rotate(Kernels kernels, INDArray heads) {
    if (cos != null && sin != null) {
      inHalves(heads, cos.size(2), halves -> kernels.rotate(halves, cos, sin));
    }
  }

  public void rotateBack(Kernels kernels, INDArray heads) {
    if (cos != null && sin != null) {
      inHalves(heads, cos.size(2), halves -> kernels.rotateBack(halves, cos, sin));
    }
  }

  /** Kernels take one feature of a pair from each half: gathers pairs so, and puts them back. */
  private void inHalves(INDArray heads, long size, Consumer<INDArray> change) {
    if (!interleaved) {
      change.accept(heads);
      return;
    }
    long[] shape = {heads.size(0), heads.size(1), heads.size(2), size};
    INDArray rotated = heads.get(all(), all(), all(), interval(0, size));
    INDArray pairs = Scratch.of(heads.dataType(), shape);
    INDArray halves = Scratch.of(heads.dataType(), shape);
    pairs.assign(rotated);
    byFeature(halves, 2).assign(byFeature(pairs, size / 2).permute(0, 2, 1));
    change.accept(halves);
    byFeature(pairs, size / 2).assign(byFeature(halves, 2).permute(0, 2, 1));
    rotated.assign(pairs);
    Scratch.release(pairs, halves);
  }

  /** [all heads, count, the rest]. */
  private static INDArray byFeature(INDArray heads, long count) {
    return heads.reshape('c', heads.length() / heads.size(3), count, heads.size(3) / count);
  }
}
