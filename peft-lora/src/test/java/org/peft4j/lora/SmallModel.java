package org.peft4j.lora;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A graph of two dense layers and an output layer. */
final class SmallModel {
  static final int IN = 4;
  static final int HIDDEN = 8;
  static final int OUT = 3;

  private SmallModel() {}

  static ComputationGraph graph() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(new Adam(1e-2))
                .activation(Activation.TANH)
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense1", new DenseLayer.Builder().nIn(IN).nOut(HIDDEN).build(), "in")
                .addLayer(
                    "dense2", new DenseLayer.Builder().nIn(HIDDEN).nOut(HIDDEN).build(), "dense1")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(HIDDEN)
                        .nOut(OUT)
                        .activation(Activation.SOFTMAX)
                        .build(),
                    "dense2")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  static DataSet data() {
    Nd4j.getRandom().setSeed(1);
    INDArray labels = Nd4j.zeros(12, OUT);
    for (int i = 0; i < 12; i++) {
      labels.putScalar(i, i % OUT, 1);
    }
    return new DataSet(Nd4j.rand(12, IN), labels);
  }
}
