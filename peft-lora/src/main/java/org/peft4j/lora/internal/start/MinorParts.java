package org.peft4j.lora.internal.start;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.lora.internal.algebra.SmallestParts;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * MiCA's B: the left singular vectors of the r smallest singular values of the frozen weight, W
 * [out, in] of a linear map, Wᵀ [dim, vocabulary] of an embedding.
 */
record MinorParts(Site site, LoraShape shape, FrozenValues frozen) {
  MinorParts {
    long most = Math.min(site.inputs(), site.outputs());
    if (shape.rank() > most) {
      throw new PeftException(
          "init_lora_weights mica needs a rank of at most "
              + most
              + " at "
              + site.name()
              + "; r is "
              + shape.rank()
              + " there.");
    }
  }

  /** Writes B [out, r]. */
  void fill(INDArray target) {
    INDArray weight = frozen.weight(site).widened(DataType.DOUBLE);
    INDArray matrix = site.kind() == SiteKind.EMBEDDING ? weight.transpose() : weight;
    target.assign(SmallestParts.left(matrix, shape.rank()));
    weight.close();
  }
}
