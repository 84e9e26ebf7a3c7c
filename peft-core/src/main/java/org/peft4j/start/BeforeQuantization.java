package org.peft4j.start;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/**
 * What is quantised in place of a weight while a model is loaded. LoftQ quantises what a product of
 * low rank leaves.
 */
public interface BeforeQuantization {
  /** Every weight itself. */
  BeforeQuantization NONE = (site, matrix) -> Optional.empty();

  /**
   * What to quantise for a linear map.
   *
   * @param matrix W, [out, in], in FP32 or FP64; only read
   * @return an array of its shape, which the caller closes; empty for {@code matrix} itself
   */
  Optional<INDArray> instead(Site site, INDArray matrix);
}
