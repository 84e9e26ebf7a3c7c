package org.peft4j.internal.original.twin;

import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.TimeSeriesUtils;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Deeplearning4j's output layer for sequences with adapters beside its product. */
public final class RnnOutputTwin extends RnnOutputLayer {
  private static final String WEIGHT = DefaultParamInitializer.WEIGHT_KEY;
  private static final String BIAS = DefaultParamInitializer.BIAS_KEY;

  private final transient TwinProduct product;

  public RnnOutputTwin(NeuralNetConfiguration conf, DataType type, GraftPoint at) {
    super(conf, type);
    this.product = at.product(type);
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    product.newInput();
    super.setInput(input, workspaces);
  }

  @Override
  public @Nullable INDArray getParam(String name) {
    return product.parameter(name, super.getParam(name));
  }

  @Override
  protected Pair<INDArray, INDArray> preOutputWithPreNorm(
      boolean training, boolean forBackward, LayerWorkspaceMgr workspaces) {
    assertInputSet(forBackward);
    applyDropOutIfNecessary(training, workspaces);
    INDArray z =
        product.biased(
            input.castTo(dataType),
            key -> getParamWithNoise(key, training, workspaces),
            hasBias(),
            training,
            workspaces);
    if (maskArray != null) {
      applyMask(z);
    }
    return new Pair<>(z, z);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    requireSequences();
    INDArray w = getParamWithNoise(WEIGHT, training, workspaces);
    // As in the original, what this pass returns is that of the input before dropout.
    INDArray undropped = input;
    applyDropOutIfNecessary(training, workspaces);
    INDArray x =
        TimeSeriesUtils.reshape3dTo2d(
            channelsFirst(undropped).castTo(w.dataType()), workspaces, ArrayType.FF_WORKING_MEM);
    INDArray z = product.input(x, training, workspaces).mmul(w);
    product.addAdapters(x, z, training, workspaces);
    if (hasBias()) {
      z.addiRowVector(getParamWithNoise(BIAS, training, workspaces));
    }
    INDArray y = layerConf().getActivationFn().getActivation(z, training);
    if (maskArray != null) {
      applyMask(y);
    }
    return channelsFirst(
        TimeSeriesUtils.reshape2dTo3d(y, undropped.size(0), workspaces, ArrayType.ACTIVATIONS));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    requireSequences();
    INDArray sequences = input;
    input =
        TimeSeriesUtils.reshape3dTo2d(
            channelsFirst(sequences), workspaces, ArrayType.BP_WORKING_MEM);
    applyDropOutIfNecessary(true, workspaces);
    INDArray z = preOutput2d(true, workspaces);
    INDArray expected = getLabels2d(workspaces, ArrayType.BP_WORKING_MEM);
    INDArray delta = TwinProduct.lossGradient(layerConf(), expected, z, maskArray);
    product.biasGradient(super.getParam(BIAS), delta);
    INDArray w = getParamWithNoise(WEIGHT, true, workspaces);
    INDArray dx = backpropDropOutIfPresent(product.backward(input, w, delta, workspaces));
    input = sequences;
    weightNoiseParams.clear();
    INDArray dx3d =
        TimeSeriesUtils.reshape2dTo3d(dx, sequences.size(0), workspaces, ArrayType.ACTIVATION_GRAD);
    return new Pair<>(new DefaultGradient(), channelsFirst(dx3d));
  }

  /** Swaps features and time where the layer's format is [batch, time, features]. */
  private INDArray channelsFirst(INDArray array) {
    return layerConf().getRnnDataFormat() == RNNFormat.NWC ? array.permute(0, 2, 1) : array;
  }

  private void requireSequences() {
    if (input.rank() != 3) {
      throw new DL4JInvalidInputException(
          "The input of layer "
              + layerConf().getLayerName()
              + " has shape "
              + Arrays.toString(input.shape())
              + "; it must be of rank 3: sequences of feature vectors.");
    }
  }
}
