package org.peft4j.diffusion.internal.layer;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.diffusion.internal.part.Around;
import org.peft4j.diffusion.internal.part.StageRun;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.LossOnlyLayer;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The end of a model, whose output is [batch, channels, height, width], with the mean squared error
 * to a target of that shape:
 *
 * <pre>L = 1/batch · Σ over b of weight[b]·mean((y[b] − target[b])²)</pre>
 *
 * The labels' mask [batch, 1] is the weights; without one they are 1.
 */
final class PictureEndLayer extends PictureLayer implements LossOnlyLayer {
  private static final long serialVersionUID = 1L;

  private transient @Nullable INDArray labels;
  private transient @Nullable Double loss;

  PictureEndLayer(
      NeuralNetConfiguration configuration, PictureModel model, Stage stage, LayerGrafts grafts) {
    super(configuration, model, stage, grafts);
  }

  private Around around() {
    Area area = Area.of(input);
    return new Around(area, run().area(area, null), model().pass(), null);
  }

  private long channels() {
    return run().channels(input.size(3));
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    Around around = around();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.temporary(around.out().shape(channels()));
      run().forward(grafts().nextPass(training), Area.rows(input), around, Area.rows(y), memory);
      return workspaces.dup(ArrayType.ACTIVATIONS, y.permute(0, 3, 1, 2), 'c');
    }
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!willGoBack(true)) {
      return back(zeroInputGradient(workspaces));
    }
    Around around = around();
    INDArray target = requireLabels();
    boolean needed = grafts().inputGradientNeeded();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      Pass pass = grafts().nextPass(true).on(memory.tape());
      INDArray y = memory.temporary(around.out().shape(channels()));
      INDArray x = Area.rows(input);
      StageRun.Kept kept = run().forward(pass, x, around, Area.rows(y), memory);
      loss = mean(differences(y, target));
      double scale = 2.0 / y.length();
      for (long b = 0; b < y.size(0); b++) {
        y.slice(b).muli(scale * weight(b));
      }
      kept.backward(pass, x, Area.rows(y), needed ? Area.rows(dx) : null, memory);
      return back(dx);
    }
  }

  /** Subtracts the target from y, in place; the mean square of each picture. */
  private double[] differences(INDArray y, INDArray target) {
    long[] expected = {y.size(0), y.size(3), y.size(1), y.size(2)};
    if (!Arrays.equals(target.shape(), expected)) {
      throw new PeftException(
          "The target has the shape "
              + Arrays.toString(target.shape())
              + "; the output has "
              + Arrays.toString(expected)
              + ".");
    }
    y.subi(target.permute(0, 2, 3, 1));
    double[] means = new double[(int) y.size(0)];
    for (int b = 0; b < means.length; b++) {
      INDArray picture = y.slice(b);
      means[b] = picture.norm2Number().doubleValue();
      means[b] *= means[b] / picture.length();
    }
    return means;
  }

  private double mean(double[] squares) {
    double sum = 0;
    for (int b = 0; b < squares.length; b++) {
      sum += weight(b) * squares[b];
    }
    return sum / squares.length;
  }

  private double weight(long picture) {
    return maskArray == null ? 1 : maskArray.getDouble(picture);
  }

  private double[] squares(LayerWorkspaceMgr workspaces) {
    INDArray target = requireLabels();
    Around around = around();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.temporary(around.out().shape(channels()));
      run().forward(grafts().nextPass(false), Area.rows(input), around, Area.rows(y), memory);
      return differences(y, target);
    }
  }

  private INDArray requireLabels() {
    assertInputSet(true);
    if (labels == null) {
      throw new PeftException("The loss needs a target, and there is none; set labels.");
    }
    return labels;
  }

  @Override
  public double computeScore(
      double regularization, boolean training, LayerWorkspaceMgr workspaces) {
    Double known = loss;
    if (known == null) {
      known = mean(squares(workspaces));
      loss = known;
    }
    return known + regularization;
  }

  /**
   * The loss of each picture, [batch, 1]. Deeplearning4j uses them after it has closed the pass'
   * workspaces, so they are in none.
   */
  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    double[] squares = squares(workspaces);
    INDArray scores = DetachedArrays.zeros(dataType, squares.length, 1);
    for (int i = 0; i < squares.length; i++) {
      scores.putScalar(i, weight(i) * squares[i] + regularization);
    }
    return scores;
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    super.setInput(input, workspaces);
    loss = null;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
    loss = null;
  }

  @Override
  public @Nullable INDArray getLabels() {
    return labels;
  }

  @Override
  public void clear() {
    super.clear();
    labels = null;
    loss = null;
  }

  @Override
  public int numLabels() {
    return (int) channels();
  }
}
