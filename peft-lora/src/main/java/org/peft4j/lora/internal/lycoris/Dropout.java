package org.peft4j.lora.internal.lycoris;

import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.site.Site;

/**
 * Dropout of the rows of ΔW and of a whole adapter, in training; merging has none.
 *
 * @param rows the probability of zeroing a row
 * @param whole the probability of leaving out the adapter
 * @param scaled whether to divide the remaining rows by their share
 */
public record Dropout(double rows, double whole, boolean scaled) {
  /** Whether this pass leaves out the adapter. */
  public boolean skips(Pass pass, Site site) {
    return pass.training()
        && whole > 0
        && new SplittableRandom(pass.seed() + site.name().hashCode()).nextDouble() < whole;
  }

  /** Whether this pass zeroes rows. */
  public boolean dropsRows(Pass pass) {
    return pass.training() && rows > 0;
  }

  /** The factors of the rows in this pass, [out]: forward and backward draw the same. */
  public INDArray rowMask(Pass pass, Site site, DataType type) {
    INDArray mask = DropoutMask.draw(pass, site, rows, type, site.outputs()).muli(1 - rows);
    double kept = mask.sumNumber().doubleValue();
    return scaled && kept > 0 ? mask.muli(mask.length() / kept) : mask;
  }
}
