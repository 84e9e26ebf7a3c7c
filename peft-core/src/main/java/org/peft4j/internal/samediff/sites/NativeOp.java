package org.peft4j.internal.samediff.sites;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An operation of the base graph, to be run on other arrays: what it gives is the base graph's, bit
 * for bit.
 */
public record NativeOp(String name, long[] integers, double[] reals, boolean[] booleans) {
  public static NativeOp of(DynamicCustomOp op) {
    return new NativeOp(op.opName(), op.iArgs(), op.tArgs(), op.bArgs());
  }

  public void run(List<INDArray> inputs, INDArray output) {
    DynamicCustomOp op =
        new DynamicCustomOp(name, inputs.toArray(new INDArray[0]), new INDArray[] {output});
    op.addIArgument(integers);
    op.addTArgument(reals);
    op.addBArgument(booleans);
    Nd4j.exec(op);
  }

  /** Whether an integer is set and not zero: a transposition, mostly. */
  public boolean flag(int index) {
    return index < integers.length && integers[index] != 0;
  }
}
