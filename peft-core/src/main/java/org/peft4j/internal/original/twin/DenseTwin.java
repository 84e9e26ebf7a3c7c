package org.peft4j.internal.original.twin;

import java.util.Objects;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.LayerNorm;
import org.nd4j.linalg.api.ops.impl.transforms.custom.LayerNormBp;
import org.nd4j.linalg.factory.Nd4j;

/** Deeplearning4j's dense layer with adapters beside its product. */
public final class DenseTwin extends DenseLayer {
  private static final String GAIN = DefaultParamInitializer.GAIN_KEY;

  private final transient TwinProduct product;

  public DenseTwin(NeuralNetConfiguration conf, DataType type, GraftPoint at) {
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
    INDArray w = getParamWithNoise(DefaultParamInitializer.WEIGHT_KEY, training, workspaces);
    INDArray z = product.forward(input.castTo(dataType), w, training, workspaces);
    INDArray beforeNorm = z;
    if (hasLayerNorm()) {
      beforeNorm = forBackward ? z.dup(z.ordering()) : z;
      Nd4j.getExecutioner().exec(new LayerNorm(beforeNorm, gain(), z, true, 1));
    }
    if (hasBias()) {
      z.addiRowVector(getParamWithNoise(DefaultParamInitializer.BIAS_KEY, training, workspaces));
    }
    if (maskArray != null) {
      applyMask(z);
    }
    return new Pair<>(z, beforeNorm);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    Pair<INDArray, INDArray> z = preOutputWithPreNorm(true, true, workspaces);
    INDArray delta = layerConf().getActivationFn().backprop(z.getFirst(), epsilon).getFirst();
    if (maskArray != null) {
      applyMask(delta);
    }
    product.biasGradient(super.getParam(DefaultParamInitializer.BIAS_KEY), delta);
    if (hasLayerNorm()) {
      throughLayerNorm(z.getSecond(), delta, workspaces);
    }
    INDArray w = getParamWithNoise(DefaultParamInitializer.WEIGHT_KEY, true, workspaces);
    INDArray dx = product.backward(input, w, delta, workspaces);
    weightNoiseParams.clear();
    return new Pair<>(new DefaultGradient(), backpropDropOutIfPresent(dx));
  }

  private INDArray gain() {
    return Objects.requireNonNull(getParam(GAIN));
  }

  private void throughLayerNorm(INDArray beforeNorm, INDArray delta, LayerWorkspaceMgr workspaces) {
    INDArray gain = gain();
    INDArray trained = product.gradient(GAIN);
    INDArray gradient =
        trained == null
            ? workspaces.create(ArrayType.BP_WORKING_MEM, gain.dataType(), gain.shape())
            : trained;
    Nd4j.getExecutioner().exec(new LayerNormBp(beforeNorm, gain, delta, delta, gradient, true, 1));
  }
}
