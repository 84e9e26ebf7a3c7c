package org.peft4j.testing;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Layers of rows of features. */
final class FlatLayers {
  private FlatLayers() {}

  static Stream<LayerCase> kinds() {
    return Stream.of(
        flat("dense", dense("layer").build()),
        flat("dense with layer norm", dense("layer").hasLayerNorm(true).build()),
        flat("output", dense("layer").build()).targeting("output", "out"),
        centerLoss(),
        flat("batch norm", new BatchNormalization.Builder().name("layer").build()),
        embedding());
  }

  static Stream<LayerCase> variants() {
    return Stream.of(
        flat("dense without bias", dense("layer").hasBias(false).build()),
        flat("dense with l2", dense("layer").l2(0.01).build()),
        flat(
            "batch norm with log std",
            new BatchNormalization.Builder().name("layer").useLogStd(true).build()),
        flat("frozen layer", new FrozenLayer(dense("layer").dropOut(0.5).build())),
        flat(
            "frozen layer with backprop",
            new FrozenLayerWithBackprop(dense("layer").dropOut(0.5).build())),
        flat("prelu", new PReLULayer.Builder().name("layer").inputShape(Samples.WIDTH).build()));
  }

  private static DenseLayer.Builder dense(String name) {
    return new DenseLayer.Builder().name(name).nOut(Samples.WIDTH);
  }

  private static LayerCase flat(String name, Layer layer) {
    return rows(
        name, dense("below").build(), layer, Samples.softmax(!name.contains("without bias")));
  }

  private static LayerCase rows(String name, Layer... layers) {
    return new LayerCase(
        name,
        "layer",
        InputType.feedForward(Samples.IN),
        Samples.random(Samples.ROWS, Samples.IN),
        Samples.labels(Samples.ROWS),
        null,
        null,
        layers);
  }

  private static LayerCase centerLoss() {
    Layer output =
        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(Samples.OUT)
            .lambda(0.3)
            .activation(Activation.SOFTMAX)
            .build();
    return rows("center loss", dense("below").build(), output).targeting("center loss", "out");
  }

  private static LayerCase embedding() {
    return new LayerCase(
        "embedding",
        "layer",
        InputType.feedForward(7),
        Nd4j.createFromArray(new double[][] {{2}, {0}, {2}, {6}}),
        Samples.labels(Samples.ROWS),
        null,
        null,
        new EmbeddingLayer.Builder().name("layer").nIn(7).nOut(Samples.WIDTH).hasBias(true).build(),
        Samples.softmax(true));
  }
}
