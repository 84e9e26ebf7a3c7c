package org.peft4j.diffusion.internal.layer;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.diffusion.internal.part.PictureModules;
import org.peft4j.diffusion.internal.part.StageRun;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * A stage over a model's frozen weights: it has no parameters, and writes the gradients of its
 * adapters.
 */
abstract class PictureLayer extends AbstractLayer<Layer> implements SiteLayer {
  private static final long serialVersionUID = 1L;

  private final transient PictureModel model;
  private final transient Stage stage;
  private final transient LayerGrafts grafts;
  private final transient StageRun run;

  PictureLayer(
      NeuralNetConfiguration configuration, PictureModel model, Stage stage, LayerGrafts grafts) {
    super(configuration, model.weights().dataType());
    this.model = model;
    this.stage = stage;
    this.grafts = grafts;
    this.run = StageRun.of(stage, new PictureModules(model, grafts));
  }

  static PictureLayer of(
      NeuralNetConfiguration configuration, PictureModel model, Stage stage, LayerGrafts grafts) {
    return stage.equals(model.architecture().end())
        ? new PictureEndLayer(configuration, model, stage, grafts)
        : new StageLayer(configuration, model, stage, grafts);
  }

  @Override
  public final SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts others) {
    return of(configuration, model, stage, others);
  }

  final PictureModel model() {
    return model;
  }

  final Stage stage() {
    return stage;
  }

  final LayerGrafts grafts() {
    return grafts;
  }

  final StageRun run() {
    return run;
  }

  /** Whether a forward pass must keep results for a backward pass. */
  final boolean willGoBack(boolean training) {
    return training && (grafts.trains() || grafts.inputGradientNeeded());
  }

  static Pair<Gradient, INDArray> back(INDArray inputGradient) {
    return new Pair<>(new DefaultGradient(), inputGradient);
  }

  /** The result of a layer whose input gradient is not needed: Deeplearning4j wants an array. */
  final INDArray zeroInputGradient(LayerWorkspaceMgr workspaces) {
    return workspaces.create(ArrayType.ACTIVATION_GRAD, dataType, input.shape(), 'c');
  }

  @Override
  public final List<Site> sites() {
    return stage.sites();
  }

  @Override
  public final FrozenWeight frozen(Site site, String parameter) {
    return model.weights().get(site.name() + "." + parameter);
  }

  @Override
  public final Optional<String> modelType() {
    return Optional.empty();
  }

  @Override
  public final Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    return new Pair<>(null, state);
  }

  @Override
  public final boolean updaterDivideByMinibatch(String parameter) {
    return false; // The loss is a mean already.
  }

  @Override
  public final boolean isPretrainLayer() {
    return false;
  }

  @Override
  public final void clearNoiseWeightParams() {
    // There is no weight noise.
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public final int hashCode() {
    return System.identityHashCode(this);
  }
}
