package org.peft4j.lora.internal.mora;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.memory.ScratchScope;

/**
 * MoRA's map {@code decompress(M·compress(x))} with M [size, size].
 *
 * <p>With g = ⌈inputs/size⌉, x is repeated to fill g groups of size entries. Sharing adds the
 * groups; entry j of the output is entry j mod size of M's result. Rotation rotates group k by the
 * angles {@code k·10000^(−2i/size)}, entry i together with entry i + size/2; M multiplies each
 * group; the concatenated results are cut or repeated to fill the output.
 *
 * @param groups g with rotation, 1 with sharing, which adds the groups before M
 * @param turns cosines and sines; for one group, and unused, with sharing
 */
record MoraMap(long inputs, long outputs, int size, int groups, Turns turns) {
  /**
   * The map whose M has about as many elements as LoRA of rank r: size = ⌊√((inputs + outputs)·r) +
   * ½⌋ as in the authors' code, where the paper rounds down; with rotation, rounded down to an even
   * number.
   */
  static MoraMap of(long inputs, long outputs, int rank, MoraType type) {
    int size = (int) (Math.sqrt((double) (inputs + outputs) * rank) + 0.5);
    if (type == MoraType.SHARING) {
      return new MoraMap(inputs, outputs, size, 1, new Turns(1, size));
    }
    int even = Math.max(2, size - size % 2);
    int groups = Math.toIntExact((inputs + even - 1) / even);
    return new MoraMap(inputs, outputs, even, groups, new Turns(groups, even));
  }

  private long filled() {
    return (inputs + size - 1) / size * size;
  }

  /** compress(x), [rows·groups, size]: x [rows, inputs]. */
  INDArray compressed(Kernels kernels, INDArray x, ScratchScope scratch) {
    INDArray whole = Columns.repeated(x, filled(), scratch);
    if (groups == 1) {
      return Columns.folded(whole, size, scratch);
    }
    INDArray parts = scratch.array(x.dataType(), x.size(0), groups, 1, size);
    parts.assign(whole.reshape('c', parts.shape()));
    kernels.rotate(parts, turns.cosines(x.dataType()), turns.sines(x.dataType()));
    return parts.reshape('c', x.size(0) * groups, size);
  }

  /** The addition to y, [rows, outputs], given compress(x). */
  INDArray output(Kernels kernels, INDArray m, INDArray compressed, ScratchScope scratch) {
    INDArray results = scratch.like(compressed);
    kernels.matmul(compressed, false, m, true, 1, 0, results);
    return Columns.repeated(
        results.reshape('c', compressed.size(0) / groups, (long) groups * size), outputs, scratch);
  }

  /** The gradient of M's results, [rows·groups, size], given y's gradient. */
  INDArray resultGradient(INDArray dy, ScratchScope scratch) {
    INDArray folded = Columns.folded(dy, (long) groups * size, scratch);
    return folded.reshape('c', dy.size(0) * groups, size);
  }

  /** The gradient of x, [rows, inputs], given the gradient of M's results. */
  INDArray inputGradient(Kernels kernels, INDArray m, INDArray dResults, ScratchScope scratch) {
    INDArray dParts = scratch.like(dResults);
    kernels.matmul(dResults, false, m, false, 1, 0, dParts);
    long rows = dResults.size(0) / groups;
    if (groups > 1) {
      INDArray cube = dParts.reshape('c', rows, groups, 1, size);
      kernels.rotateBack(cube, turns.cosines(cube.dataType()), turns.sines(cube.dataType()));
    }
    INDArray whole =
        Columns.repeated(dParts.reshape('c', rows, (long) groups * size), filled(), scratch);
    return Columns.folded(whole, inputs, scratch);
  }
}
