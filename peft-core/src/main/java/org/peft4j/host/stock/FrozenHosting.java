package org.peft4j.host.stock;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.host.LayerHosting;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/**
 * Hosts a layer on which nothing is grafted: the stock implementation over the base model's arrays,
 * its own gradients written to scratch memory that is gone after the call.
 */
record FrozenHosting(String name, Layer base) implements LayerHosting {
  @Override
  public List<Site> sites() {
    return List.of();
  }

  @Override
  public INDArray frozen(Site site, String parameter) {
    return base.getParam(parameter);
  }

  @Override
  public INDArray weight(Site site) {
    throw new IllegalArgumentException("Layer " + name + " has no sites.");
  }

  @Override
  public Layer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    NeuralNetConfiguration own = base.conf().clone();
    return own.getLayer().instantiate(own, new ArrayList<>(), index, base.params(), false, type);
  }
}
