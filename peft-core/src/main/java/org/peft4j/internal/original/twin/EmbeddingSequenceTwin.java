package org.peft4j.internal.original.twin;

import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Broadcast;

/** Deeplearning4j's embedding layer for sequences with adapters beside its lookup. */
public final class EmbeddingSequenceTwin extends EmbeddingSequenceLayer {
  private final transient TwinLookup lookup;

  public EmbeddingSequenceTwin(NeuralNetConfiguration conf, DataType type, GraftPoint at) {
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
    INDArray ids = ids();
    INDArray bias = hasBias() ? getParam(DefaultParamInitializer.BIAS_KEY) : null;
    INDArray rows =
        lookup.forward(
            ids.reshape(ids.length()).toIntVector(),
            super.getParam(DefaultParamInitializer.WEIGHT_KEY),
            bias,
            training,
            workspaces);
    INDArray y = rows.reshape('c', ids.size(0), ids.size(1), rows.size(1));
    return workspaces.leverageTo(ArrayType.ACTIVATIONS, channelsFirst() ? y.permute(0, 2, 1) : y);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray z = preOutput(true, workspaces);
    INDArray delta = layerConf().getActivationFn().backprop(z, epsilon).getFirst();
    if (maskArray != null) {
      INDArray mask = maskArray.castTo(delta.dataType());
      delta = Broadcast.mul(delta, mask, delta, 0, channelsFirst() ? 2 : 1);
    }
    INDArray perTime = channelsFirst() ? delta.permute(0, 2, 1) : delta;
    INDArray rows = workspaces.dup(ArrayType.BP_WORKING_MEM, perTime, 'c');
    INDArray ids = ids();
    lookup.backward(
        ids.reshape(ids.length()).toIntVector(),
        rows.reshape('c', ids.length(), rows.size(2)),
        workspaces);
    return new Pair<>(new DefaultGradient(), null);
  }

  private boolean channelsFirst() {
    return layerConf().getOutputFormat() == RNNFormat.NCW;
  }

  /** The indices [batch, time]. */
  private INDArray ids() {
    INDArray ids =
        switch (input.rank()) {
          case 1 -> input.reshape(input.length(), 1);
          case 3 -> input.reshape(input.ordering(), input.size(0), input.size(1) * input.size(2));
          default -> input;
        };
    if (ids.rank() != 2 || (input.rank() == 3 && input.size(1) != 1)) {
      throw invalid("must be [batch, time] or [batch, 1, time]");
    }
    if (layerConf().isInferInputLength()) {
      layerConf().setInputLength(ids.columns());
    }
    if (ids.columns() != layerConf().getInputLength()) {
      throw invalid("must be sequences of " + layerConf().getInputLength() + " indices");
    }
    return ids;
  }

  private DL4JInvalidInputException invalid(String allowed) {
    return new DL4JInvalidInputException(
        "The input of embedding layer "
            + layerConf().getLayerName()
            + " has shape "
            + Arrays.toString(input.shape())
            + "; it "
            + allowed
            + ".");
  }
}
