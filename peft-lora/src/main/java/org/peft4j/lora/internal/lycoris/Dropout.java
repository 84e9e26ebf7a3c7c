package org.peft4j.lora.internal.lycoris;

import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.site.Site;

/**
 * Dropout of the rows of ΔW and of a whole adapter, in training. Merging has none of it.
 *
 * @param rows the probability that a row is zeroed
 * @param whole the probability that the adapter is left out
 * @param scaled whether the rows that stay are divided by their share
 */
public record Dropout(double rows, double whole, boolean scaled) {
  /** Whether the adapter is left out of this pass. */
  public boolean skips(Pass pass, Site site) {
    return pass.training()
        && whole > 0
        && new SplittableRandom(pass.seed() + site.name().hashCode()).nextDouble() < whole;
  }

  /** Whether rows are zeroed in this pass. */
  public boolean dropsRows(Pass pass) {
    return pass.training() && rows > 0;
  }

  /** What the rows are multiplied by in this pass, [out]: forward and backward draw the same. */
  public INDArray rowMask(Pass pass, Site site, DataType type) {
    INDArray mask = DropoutMask.draw(pass, site, rows, type, site.outputs()).muli(1 - rows);
    double kept = mask.sumNumber().doubleValue();
    return scaled && kept > 0 ? mask.muli(mask.length() / kept) : mask;
  }
}
