package org.peft4j.transformers.internal.vector;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.head.Losses;
import org.peft4j.transformers.internal.layer.LossLayer;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * The logits of texts and pictures, [texts, pictures], of their vectors [texts + pictures, width],
 * and the loss of pairs.
 */
final class PairsLayer extends LossLayer {
  private static final long serialVersionUID = 1L;

  PairsLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, List.of(part(model).scale().site()), grafts);
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new PairsLayer(configuration, model(), grafts);
  }

  @Override
  public int numLabels() {
    return 1;
  }

  private static HeadPart.Pairs part(FrozenModel model) {
    return (HeadPart.Pairs) model.architecture().head();
  }

  private Contrast contrast() {
    int texts = model().texts().count();
    String key = part(model()).scale().site().name();
    double scale = Math.exp(model().weights().get(key).array().orElseThrow().getDouble(0));
    return Contrast.of(
        scale,
        input.get(interval(0, texts)).toDoubleMatrix(),
        input.get(interval(texts, input.size(0))).toDoubleMatrix());
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    double[][] logits = contrast().logits();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      return memory.output(logits.length, logits[0].length).assign(Nd4j.createFromArray(logits));
    }
  }

  @Override
  protected Losses losses(LayerWorkspaceMgr workspaces) {
    requireNumbers();
    double[] each = contrast().losses();
    return new Losses(Arrays.stream(each).average().orElse(0), each, OptionalLong.empty());
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!willGoBack(true)) {
      return back(zeroInputGradient(workspaces));
    }
    requireNumbers();
    Contrast contrast = contrast();
    remember(Arrays.stream(contrast.losses()).average().orElse(0));
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      return back(
          memory.inputGradient(input.shape()).assign(Nd4j.createFromArray(contrast.gradients())));
    }
  }

  /** The i-th text belongs to the i-th picture, which is what labels may say. */
  private void requireNumbers() {
    int[] labels = TokenIds.of(requireLabels());
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != i) {
        throw new PeftException(
            "Label "
                + i
                + " is "
                + labels[i]
                + "; the labels of pairs are their numbers, 0 and up: text and picture of the same"
                + " number belong together.");
      }
    }
  }
}
