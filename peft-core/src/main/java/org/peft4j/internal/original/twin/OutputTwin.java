package org.peft4j.internal.original.twin;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Deeplearning4j's output layer with adapters beside its product. */
public final class OutputTwin extends OutputLayer {
  private final transient TwinProduct product;

  public OutputTwin(NeuralNetConfiguration conf, DataType type, GraftPoint at) {
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
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray z = preOutput2d(true, workspaces);
    INDArray expected = getLabels2d(workspaces, ArrayType.BP_WORKING_MEM);
    INDArray delta = TwinProduct.lossGradient(layerConf(), expected, z, maskArray);
    product.biasGradient(super.getParam(DefaultParamInitializer.BIAS_KEY), delta);
    INDArray w = getParamWithNoise(DefaultParamInitializer.WEIGHT_KEY, true, workspaces);
    INDArray dx = product.backward(input, w, delta, workspaces);
    return new Pair<>(new DefaultGradient(), backpropDropOutIfPresent(dx));
  }
}
