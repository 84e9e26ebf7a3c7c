package org.peft4j.testing;

import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.testing.MethodRow.Trait;

/** A method on a sort of layer. */
public record PromiseCase(MethodRow method, LayerCase layer) {
  /** Every method on every kind of layer that it is for. */
  public static Stream<PromiseCase> of(MethodRow... methods) {
    return product(methods).filter(each -> each.method.isFor(each.layer));
  }

  /** Every method on every kind of layer that it is not for. */
  public static Stream<PromiseCase> without(MethodRow... methods) {
    return product(methods).filter(each -> !each.method.isFor(each.layer));
  }

  /** A method on the kinds of layers that are seldom met, and on both directions of one. */
  public static Stream<PromiseCase> onRareLayers(MethodRow method) {
    return Stream.concat(
            LayerCases.rare(), Stream.of(LayerCases.named("bidirectional graves lstm")))
        .map(layer -> new PromiseCase(method, layer));
  }

  private static Stream<PromiseCase> product(MethodRow... methods) {
    return Stream.of(methods)
        .flatMap(method -> LayerCases.kinds().map(layer -> new PromiseCase(method, layer)));
  }

  /** The config without dropout. */
  public PeftConfig config() {
    return config(0);
  }

  /** The config with a probability of dropout. */
  public PeftConfig config(double dropout) {
    return method.configs().of(layer.target(), dropout);
  }

  boolean is(Trait trait) {
    return method.is(trait);
  }

  MultiLayerNetwork base() {
    return layer.base();
  }

  DataSet data() {
    return layer.data();
  }

  INDArray output(PeftModel<MultiLayerNetwork> model) {
    return layer.output(model.network());
  }

  PeftModel<MultiLayerNetwork> wrap() {
    return Peft.wrap(base(), config());
  }

  void fit(PeftModel<MultiLayerNetwork> model, int times) {
    for (int i = 0; i < times; i++) {
      model.network().fit(data());
    }
  }

  /** An adapter whose every value is at a distance from where it began. */
  PeftModel<MultiLayerNetwork> lively(DataType type) {
    return lively(layer.base(type));
  }

  PeftModel<MultiLayerNetwork> lively(MultiLayerNetwork base) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config(), 3);
    Nd4j.getRandom().setSeed(9);
    INDArray parameters = model.network().params();
    parameters.addi(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.3));
    return model;
  }

  @Override
  public String toString() {
    return method.name() + " on " + layer;
  }
}
