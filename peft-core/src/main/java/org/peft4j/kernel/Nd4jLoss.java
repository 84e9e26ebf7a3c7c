package org.peft4j.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.ScratchScope;

/** Cross-entropy from primitives, with the largest logit subtracted first. */
final class Nd4jLoss {
  private Nd4jLoss() {}

  static void crossEntropy(INDArray logits, int[] labels, double scale, INDArray losses) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray row = scratch.mine(logits.max(1));
      Nd4j.exec(new BroadcastSubOp(logits, row, logits, 0));
      double[] chosen = new double[labels.length];
      for (int i = 0; i < labels.length; i++) {
        chosen[i] = logits.getDouble(i, labels[i]);
      }
      Nd4j.exec(new Exp(logits, logits));
      Nd4j.exec(new Sum(logits, row, 1));
      for (int i = 0; i < labels.length; i++) {
        losses.putScalar(i, Math.log(row.getDouble(i)) - chosen[i]);
      }
      Nd4j.exec(new BroadcastMulOp(logits, row.rdivi(scale), logits, 0));
      for (int i = 0; i < labels.length; i++) {
        logits.putScalar(i, labels[i], logits.getDouble(i, labels[i]) - scale);
      }
    }
  }
}
