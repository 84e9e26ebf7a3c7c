package org.peft4j.transformers.internal.layer;

import java.util.List;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.LossOnlyLayer;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.head.Losses;
import org.peft4j.transformers.internal.model.FrozenModel;

/** An output layer over one head, with logits and a loss. */
public abstract class LossLayer extends FrozenLayer implements LossOnlyLayer {
  private static final long serialVersionUID = 1L;

  private transient @Nullable INDArray labels;
  private transient @Nullable Double loss;
  private transient OptionalLong right = OptionalLong.empty();

  protected LossLayer(
      NeuralNetConfiguration configuration,
      FrozenModel model,
      List<Site> sites,
      LayerGrafts grafts) {
    super(configuration, model, sites, grafts);
  }

  /** The losses of the current input and labels, without dropout. */
  protected abstract Losses losses(LayerWorkspaceMgr workspaces);

  /** Stores the loss of a forward pass for the score. */
  protected final void remember(double value) {
    loss = value;
  }

  /**
   * {@link Losses#right()} of the last score; Deeplearning4j clears layers before it returns it.
   */
  public final OptionalLong right() {
    return right;
  }

  protected final INDArray requireLabels() {
    assertInputSet(true);
    if (labels == null) {
      throw new PeftException("The loss needs labels, and there are none; set labels.");
    }
    return labels;
  }

  @Override
  public final double computeScore(
      double regularization, boolean training, LayerWorkspaceMgr workspaces) {
    if (loss == null) {
      Losses losses = losses(workspaces);
      loss = losses.mean();
      right = losses.right();
    }
    return loss + regularization;
  }

  /**
   * The loss of each sequence, [batch, 1]. Deeplearning4j uses them after it has closed the pass'
   * workspaces, so they are in none.
   */
  @Override
  public final INDArray computeScoreForExamples(
      double regularization, LayerWorkspaceMgr workspaces) {
    double[] losses = losses(workspaces).each();
    INDArray scores = DetachedArrays.zeros(dataType, losses.length, 1);
    for (int i = 0; i < losses.length; i++) {
      scores.putScalar(i, losses[i] + regularization);
    }
    return scores;
  }

  @Override
  public final void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    super.setInput(input, workspaces);
    loss = null;
    right = OptionalLong.empty();
  }

  @Override
  public final void setLabels(INDArray labels) {
    this.labels = labels;
    loss = null;
  }

  @Override
  public final @Nullable INDArray getLabels() {
    return labels;
  }

  @Override
  public final void clear() {
    super.clear();
    labels = null;
    loss = null;
  }
}
