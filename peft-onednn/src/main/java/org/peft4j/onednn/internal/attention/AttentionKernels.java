package org.peft4j.onednn.internal.attention;

import static org.peft4j.onednn.internal.Layouts.dense;
import static org.peft4j.onednn.internal.Layouts.denseBias;
import static org.peft4j.onednn.internal.Layouts.rows;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.memory.ReusedScope;
import org.peft4j.memory.ScratchScope;
import org.peft4j.onednn.internal.attention.AttentionGradient.Inputs;
import org.peft4j.onednn.internal.attention.AttentionGradient.Results;
import org.peft4j.onednn.internal.vector.FewQueries;

/** Chooses what computes an attention: few queries, tiles of many, or other kernels. */
public final class AttentionKernels {
  private final Kernels portable;
  private final KeptProbabilities kept;

  /**
   * @param portable for what is not FLOAT, or has gaps between heads
   */
  public AttentionKernels(Kernels portable, KeptProbabilities kept) {
    this.portable = portable;
    this.kept = kept;
  }

  /** The elements that are kept for the backward pass: see {@link Kernels#attentionMemory}. */
  public long memory(AttentionPattern pattern, DataType type, long batch, int heads) {
    return type == DataType.FLOAT && denseBias(pattern)
        ? batch * heads * kept.elements(pattern, QueryTiles.area(pattern))
        : portable.attentionMemory(pattern, type, batch, heads);
  }

  /** See {@link Kernels#attention}. */
  public void forward(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context) {
    pattern.requireFits(q, k);
    if (dense(probabilities) && FewQueries.possible(pattern, q, k, v, context)) {
      boolean keeps = kept.keeps(pattern, QueryTiles.area(pattern));
      new FewQueries(q, k, pattern, scores, keeps).forward(q, k, v, probabilities, context);
    } else if (q.dataType() == DataType.FLOAT && k.dataType() == DataType.BFLOAT16) {
      try (ReusedScope scratch = new ReusedScope()) {
        INDArray keys = scratch.array(DataType.FLOAT, k.shape()).assign(k);
        INDArray values = scratch.array(DataType.FLOAT, v.shape()).assign(v);
        forward(q, keys, values, pattern, scores, probabilities, context);
      }
    } else if (rows(q, k, v, context) && dense(probabilities) && denseBias(pattern)) {
      attention(q, k, pattern, scores).forward(q, k, v, probabilities, context);
    } else {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray all = whole(probabilities, q, pattern, scratch);
        portable.attention(q, k, v, pattern, scores, all, context);
      }
    }
  }

  private Attention attention(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores) {
    boolean keeps = kept.keeps(pattern, QueryTiles.area(pattern));
    return new Attention(q, k, pattern, scores, keeps);
  }

  /** The memory for what the portable kernels keep, or other memory where it is for tiles. */
  private INDArray whole(
      INDArray probabilities, INDArray q, AttentionPattern pattern, ScratchScope scratch) {
    long length =
        portable.attentionMemory(pattern, q.dataType(), q.size(0), Math.toIntExact(q.size(2)));
    return probabilities.length() == length ? probabilities : scratch.array(q.dataType(), length);
  }

  /** See {@link Kernels#attentionGradient}. */
  public void gradient(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context,
      INDArray contextGradient,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    pattern.requireFits(q, k);
    boolean gradients =
        rows(contextGradient, dq, dk, dv) && (biasGradient == null || dense(biasGradient));
    if (rows(q, k, v, context) && dense(probabilities) && denseBias(pattern) && gradients) {
      attention(q, k, pattern, scores)
          .backward(
              new Inputs(q, k, v, probabilities, context, contextGradient),
              new Results(dq, dk, dv, biasGradient));
    } else {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray all = whole(probabilities, q, pattern, scratch);
        if (all != probabilities) {
          portable.attention(q, k, v, pattern, scores, all, scratch.like(context));
        }
        portable.attentionGradient(
            q, k, v, pattern, scores, all, context, contextGradient, dq, dk, dv, biasGradient);
      }
    }
  }
}
