package org.peft4j.internal.adapted;

import java.util.function.Function;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.PassHooks;
import org.peft4j.internal.original.TwinLayer;

/**
 * A frozen layer as Deeplearning4j sees it: parameters, gradients and updater state are the
 * adapters', forward and backward are the inner layer's, which writes adapter gradients only.
 */
public class AdaptedLayer extends AdapterVectorLayer {
  private final transient PassHooks hooks;
  private final transient @Nullable OutputGrafts output;
  private DataType inputType = DataType.FLOAT;
  private long[] inputShape = {};
  private int batchSize;

  /** The mask as it came; a layer of sequences keeps another shape of it. */
  private transient @Nullable INDArray givenMask;

  AdaptedLayer(TwinLayer inner, NeuralNetConfiguration configuration, LayerGrafts grafts) {
    super(inner.layer(), configuration, grafts);
    this.hooks = inner.hooks();
    this.output = OutputGrafts.at(inner.output(), grafts);
  }

  /** The host of the sort that the layer of {@code inner} is. */
  static AdaptedLayer around(TwinLayer inner, NeuralNetConfiguration conf, LayerGrafts grafts) {
    if (inner.layer() instanceof IOutputLayer) {
      return new AdaptedOutputLayer(inner, conf, grafts);
    }
    if (inner.layer() instanceof RecurrentLayer) {
      return new AdaptedRecurrentLayer(inner, conf, grafts);
    }
    return new AdaptedLayer(inner, conf, grafts);
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    inputType = input.dataType();
    inputShape = input.shape();
    newInput();
    super.setInput(input, workspaces);
  }

  private void newInput() {
    hooks.newInput();
    if (output != null) {
      output.newInput();
    }
  }

  @Override
  public void setInputMiniBatchSize(int size) {
    batchSize = size;
    super.setInputMiniBatchSize(size);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    if (oneWeight() && inTurn().wanted()) {
      return activateInTurn(workspaces);
    }
    hooks.beforeForward(training);
    return adapted(super.activate(training, workspaces), training, workspaces);
  }

  private INDArray activateInTurn(LayerWorkspaceMgr workspaces) {
    INDArray x = input();
    INDArray mask = givenMask;
    INDArray y =
        inTurn()
            .run(
                x,
                mask,
                (own, ownMask) -> {
                  setMaskArray(ownMask);
                  setInput(own, workspaces);
                  hooks.beforeForward(false);
                  return adapted(super.activate(false, workspaces), false, workspaces);
                },
                workspaces);
    getUnderlying().clear();
    setMaskArray(mask);
    return y;
  }

  @Override
  public void setMaskArray(@Nullable INDArray mask) {
    givenMask = mask;
    super.setMaskArray(mask);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int rows) {
    Pair<INDArray, MaskState> above = super.feedForwardMaskArray(mask, state, rows);
    if (getMaskArray() == mask) { // Recurrent layers only pass it on.
      givenMask = mask;
    }
    return above;
  }

  /** Whether there are adapters here, and the layer has one weight for all rows of a batch. */
  private boolean oneWeight() {
    return grafts().acts()
        && !adaptedConf().context().layer(adaptedConf().getLayerName()).rowsApart(grafts());
  }

  private RowsInTurn inTurn() {
    return new RowsInTurn(
        adaptedConf().context().shared().activity(), adaptedConf().getLayerName());
  }

  /** Refuses what has to do with all rows of a batch, where this layer runs on some in turn. */
  final void requireAllRows(String what) {
    if (oneWeight()) {
      inTurn().requireNone(what);
    }
  }

  /** The layer's activations after what is grafted on them. */
  final INDArray adapted(INDArray y, boolean training, LayerWorkspaceMgr workspaces) {
    return output == null ? y : output.forward(y, training, workspaces);
  }

  @Override
  public INDArray activate(INDArray input, boolean training, LayerWorkspaceMgr workspaces) {
    setInput(input, workspaces);
    return activate(training, workspaces);
  }

  /** For hosts with more entrances. */
  final PassHooks hooks() {
    return hooks;
  }

  @Override
  public boolean ownsMemory() {
    return hooks.ownsMemory();
  }

  @Override
  public void close() {
    hooks.close();
    if (output != null) {
      output.close();
    }
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    return backpropagate(
        epsilon, upper -> getUnderlying().backpropGradient(scaled(upper), workspaces), workspaces);
  }

  private @Nullable INDArray scaled(@Nullable INDArray epsilon) {
    double scale = hooks.epsilonScale();
    return epsilon == null || scale == 1 ? epsilon : epsilon.mul(scale);
  }

  /**
   * Runs the inner layer's backward pass where it is of use, and presents the adapters' gradients.
   *
   * @param epsilon the gradient of the adapted activations; null for an output layer
   * @param backward the inner layer's, given the gradient of its own activations
   */
  final Pair<Gradient, INDArray> backpropagate(
      @Nullable INDArray epsilon,
      Function<@Nullable INDArray, Pair<Gradient, INDArray>> backward,
      LayerWorkspaceMgr workspaces) {
    AdapterGradients.requireActing(grafts(), adaptedConf().context().shared().activity());
    if (!grafts().trains() && !grafts().inputGradientNeeded()) {
      return new Pair<>(new DefaultGradient(), zeroEpsilon(workspaces));
    }
    INDArray inputGradient;
    try {
      inputGradient = inputGradient(epsilon, backward, workspaces);
      requireFiniteGradients();
    } catch (RuntimeException e) {
      // What layers have told those below must not reach them in the next pass.
      grafts().passState().begin();
      throw e;
    }
    return new Pair<>(gradient(), inputGradient == null ? zeroEpsilon(workspaces) : inputGradient);
  }

  /** What Deeplearning4j's updater divides this layer's gradients by. */
  private long divisor() {
    boolean divides =
        conf().isMiniBatch()
            && paramTable().keySet().stream().anyMatch(this::updaterDivideByMinibatch);
    long rows = batchSize > 0 ? batchSize : inputShape[0];
    return divides ? rows : 1;
  }

  private @Nullable INDArray inputGradient(
      @Nullable INDArray epsilon,
      Function<@Nullable INDArray, Pair<Gradient, INDArray>> backward,
      LayerWorkspaceMgr workspaces) {
    INDArray upper = epsilon;
    if (output != null && epsilon != null) {
      upper = output.backward(epsilon, workspaces);
      if (output.alone() && !grafts().inputGradientNeeded()) {
        return null;
      }
    }
    hooks.beforeBackward(workspaces);
    Pair<Gradient, INDArray> result = backward.apply(upper);
    hooks.afterBackward(result.getFirst());
    grafts().addPenaltyGradients(divisor());
    return result.getSecond();
  }

  private INDArray zeroEpsilon(LayerWorkspaceMgr workspaces) {
    DataType type = inputType.isFPType() ? inputType : Nd4j.defaultFloatingPointType();
    return workspaces.create(ArrayType.ACTIVATION_GRAD, type, inputShape, 'c');
  }
}
