package org.peft4j.prompt.internal.prefix;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.AttentionAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;

/**
 * The prefix of one attention: in a row of the table, block 2·index contains the keys and block
 * 2·index + 1 the values, each [heads, headSize] of the key and value heads. No rotation applies to
 * them.
 *
 * @param index of the layer in the table, from 0
 * @param length the number of virtual tokens
 */
record KeysAndValues(Site site, int index, int length, Injection injection)
    implements AttentionAdapter {
  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray keys, INDArray values) {
    INDArray table = pass.state().get(injection);
    keys.reshape('c', length, width()).assign(block(table, 0));
    values.reshape('c', length, width()).assign(block(table, 1));
  }

  @Override
  public void backward(
      Pass pass, Tensors parameters, INDArray dKeys, INDArray dValues, Tensors gradients) {
    INDArray gradient = pass.state().gradient(injection);
    block(gradient, 0).addi(dKeys.reshape('c', length, width()));
    block(gradient, 1).addi(dValues.reshape('c', length, width()));
  }

  private long width() {
    return site.inputs() * site.outputs();
  }

  private INDArray block(INDArray table, int which) {
    long from = (2L * index + which) * width();
    return table.get(NDArrayIndex.all(), NDArrayIndex.interval(from, from + width()));
  }
}
