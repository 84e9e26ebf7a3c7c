package org.peft4j.transformers.internal.block;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.internal.module.NormModule;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.attention.FusedProjection;
import org.peft4j.transformers.internal.attention.KeyValueCache;
import org.peft4j.transformers.internal.attention.Prefix;
import org.peft4j.transformers.internal.attention.Projections;
import org.peft4j.transformers.internal.attention.SelfAttention;
import org.peft4j.transformers.internal.attention.SeparateProjections;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.feedforward.FeedForward;
import org.peft4j.transformers.internal.feedforward.GatedFeedForward;
import org.peft4j.transformers.internal.feedforward.PlainFeedForward;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.ModelSites;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The forward and backward pass of a pre-norm block: {@code x₁ = x + attention(norm₁(x))}, {@code y
 * = x₁ + mlp(norm₂(x₁))}.
 *
 * @param attended what is grafted on the attention's output
 * @param fed what is grafted on the MLP's output
 */
public record Block(
    NormModule attentionNorm,
    SelfAttention attention,
    SublayerGrafts attended,
    NormModule mlpNorm,
    FeedForward mlp,
    SublayerGrafts fed) {
  /** What the backward pass needs of the forward pass, beside the input. */
  public record Kept(
      INDArray statistics1,
      SelfAttention.Kept attention,
      INDArray middle,
      INDArray statistics2,
      FeedForward.Kept mlp) {}

  /** The block of these sites, which are in the order of {@link ModelSites#block}. */
  public static Block of(Modules modules, List<Site> s) {
    ModelConfig config = modules.model().config();
    if (config.mlp().gated()) {
      Projections projections =
          new SeparateProjections(
              config.attention(),
              modules.linear(s.get(1)),
              modules.linear(s.get(2)),
              modules.linear(s.get(3)));
      return new Block(
          modules.norm(s.get(0)),
          new SelfAttention(
              config.attention(),
              projections,
              modules.linear(s.get(4)),
              new Prefix(modules.prefix(s.get(9)))),
          modules.sublayer(s.get(10)),
          modules.norm(s.get(5)),
          new GatedFeedForward(
              config.mlp(),
              modules.linear(s.get(6)),
              modules.linear(s.get(7)),
              modules.linear(s.get(8))),
          modules.sublayer(s.get(11)));
    }
    return new Block(
        modules.norm(s.get(0)),
        new SelfAttention(
            config.attention(),
            new FusedProjection(config.attention(), modules.linear(s.get(1))),
            modules.linear(s.get(2)),
            new Prefix(modules.prefix(s.get(6)))),
        modules.sublayer(s.get(7)),
        modules.norm(s.get(3)),
        new PlainFeedForward(config.mlp(), modules.linear(s.get(4)), modules.linear(s.get(5))),
        modules.sublayer(s.get(8)));
  }

  /**
   * Writes y [batch, time, width], given x [batch, time, width].
   *
   * @param cache see {@link SelfAttention#forward}
   * @param y null where only what the backward pass needs is asked for
   */
  public Kept forward(
      Pass pass,
      INDArray x,
      SelfAttention.Positions positions,
      @Nullable KeyValueCache cache,
      @Nullable INDArray y,
      CallMemory memory) {
    Extent extent = Extent.of(x);
    INDArray rows = extent.matrix(x);
    long[] shape = rows.shape();
    INDArray statistics1 = memory.kept(attentionNorm.statistics(), extent.rows());
    INDArray normed = memory.temporary(shape);
    attentionNorm.forward(pass, rows, normed, statistics1);
    INDArray middle = memory.kept(shape);
    SelfAttention.Kept attention =
        this.attention.forward(pass, normed, extent, positions, cache, middle, memory);
    attended.forward(pass, rows, middle);
    middle.addi(rows);

    INDArray statistics2 = memory.kept(mlpNorm.statistics(), extent.rows());
    mlpNorm.forward(pass, middle, normed, statistics2);
    INDArray out = y != null ? extent.matrix(y) : fed.acts() ? memory.temporary(shape) : null;
    FeedForward.Kept inner = mlp.forward(pass, normed, out, memory);
    if (out != null) {
      fed.forward(pass, middle, out);
    }
    if (out != null && y != null) {
      out.addi(middle);
    }
    return new Kept(statistics1, attention, middle, statistics2, inner);
  }

  /**
   * Writes the gradients of what is grafted here, and dx. Goes down only as far as somebody needs a
   * gradient.
   *
   * @param x the input of the forward pass
   * @param dx [batch, time, width], overwritten; null where nobody needs it
   */
  public void backward(
      Pass pass,
      Kept kept,
      INDArray x,
      SelfAttention.Positions positions,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    Extent extent = Extent.of(x);
    INDArray upper = extent.matrix(dy);
    boolean lowerHalf = dx != null || attentionNorm.acts() || attention.acts() || attended.acts();
    INDArray dMiddle = lowerHalf ? memory.temporary(upper.shape()) : null;
    Branch branch = Branch.of(pass, fed, kept.middle(), upper, lowerHalf, memory);
    mlpBackward(pass, kept, branch.dy(), dMiddle, memory);
    if (dMiddle != null) {
      dMiddle.addi(upper);
      branch.addResidual(dMiddle);
      INDArray lower = dx == null ? null : extent.matrix(dx);
      Branch attentionBranch =
          Branch.of(pass, attended, extent.matrix(x), dMiddle, lower != null, memory);
      attentionBackward(pass, kept, x, positions, attentionBranch.dy(), lower, memory);
      if (lower != null) {
        lower.addi(dMiddle);
        attentionBranch.addResidual(lower);
      }
    }
  }

  private void mlpBackward(
      Pass pass, Kept kept, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
    boolean normNeeded = dx != null || mlpNorm.acts();
    INDArray dNormed = normNeeded ? memory.temporary(dy.shape()) : null;
    INDArray normed = mlp.needsInput() ? again(pass, mlpNorm, kept.middle(), memory) : null;
    mlp.backward(pass, kept.mlp(), normed, dy, dNormed, memory);
    if (dNormed != null) {
      mlpNorm.backward(pass, kept.middle(), kept.statistics2(), dNormed, dx);
    }
  }

  private void attentionBackward(
      Pass pass,
      Kept kept,
      INDArray x,
      SelfAttention.Positions positions,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    Extent extent = Extent.of(x);
    boolean normNeeded = dx != null || attentionNorm.acts();
    INDArray dNormed = normNeeded ? memory.temporary(dy.shape()) : null;
    INDArray rows = extent.matrix(x);
    INDArray normed = attention.needsInput() ? again(pass, attentionNorm, rows, memory) : null;
    attention.backward(pass, kept.attention(), normed, extent, dy, dNormed, positions, memory);
    if (dNormed != null) {
      attentionNorm.backward(pass, rows, kept.statistics1(), dNormed, dx);
    }
  }

  /** A normalisation computed once more, which costs less than to keep its result. */
  private static INDArray again(Pass pass, NormModule norm, INDArray x, CallMemory memory) {
    INDArray y = memory.temporary(x.shape());
    norm.forward(pass, x, y, memory.temporary(norm.statistics(), x.size(0)));
    return y;
  }
}
