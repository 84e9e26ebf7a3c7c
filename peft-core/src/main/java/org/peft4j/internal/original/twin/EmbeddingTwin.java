package org.peft4j.internal.original.twin;

import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Deeplearning4j's embedding layer with adapters beside its lookup. */
public final class EmbeddingTwin extends EmbeddingLayer {
  private final transient TwinLookup lookup;

  public EmbeddingTwin(NeuralNetConfiguration conf, DataType type, GraftPoint at) {
    super(conf, type);
    this.lookup = at.lookup();
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    lookup.newInput();
    super.setInput(input, workspaces);
  }

  @Override
  public @Nullable INDArray getParam(String name) {
    return lookup.parameter(name, super.getParam(name));
  }

  @Override
  protected INDArray preOutput(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray bias = hasBias() ? getParam(DefaultParamInitializer.BIAS_KEY) : null;
    return lookup.forward(
        ids(), super.getParam(DefaultParamInitializer.WEIGHT_KEY), bias, training, workspaces);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray z = preOutput(true, workspaces);
    INDArray delta = layerConf().getActivationFn().backprop(z, epsilon).getFirst();
    if (maskArray != null) {
      delta.muliColumnVector(maskArray.castTo(dataType));
    }
    lookup.backward(ids(), delta, workspaces);
    return new Pair<>(new DefaultGradient(), null);
  }

  private int[] ids() {
    if (input.columns() != 1 && !input.isRowVector()) {
      throw new DL4JInvalidInputException(
          "The input of embedding layer "
              + layerConf().getLayerName()
              + " has shape "
              + Arrays.toString(input.shape())
              + "; it must be one column of indices.");
    }
    return input.reshape(input.length()).toIntVector();
  }
}
