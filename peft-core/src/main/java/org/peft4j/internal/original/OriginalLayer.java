package org.peft4j.internal.original;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;

/** A layer of the base model. */
public interface OriginalLayer extends OriginalPart {
  /**
   * Builds the twin: a layer over the same frozen arrays with {@code grafts}.
   *
   * @param configuration the configuration of the layer's vertex in the wrapped network
   * @param index the layer's index there
   */
  TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type);
}
