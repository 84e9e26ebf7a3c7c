package org.peft4j;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.testing.Plain;

/**
 * Two linear layers in double precision, {@code y = (x·W1 + b1)·W2 + b2}, of which everything can
 * be worked out by hand. BitFit trains b1 and b2.
 */
final class TwoLayers {
  static final double[] B1 = {0.5, -0.5};
  static final double[] B2 = {0, 1};
  static final double RATE = 0.1;

  /** The keys of BitFit's tensors. */
  static final String FIRST = "base_model.model.first.b";

  static final String OUT = "base_model.model.out.b";

  private static final double[][] W1 = {{1, 2}, {3, 4}};
  private static final double[][] W2 = {{1, 0}, {1, -1}};
  private static final double[][] X = {{1, 0}, {0, 1}, {2, -1}};

  private TwoLayers() {}

  static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(settings().list().layer(first()).layer(out()).build());
    network.init();
    network.setParams(parameters());
    return network;
  }

  static ComputationGraph graph() {
    ComputationGraph graph =
        new ComputationGraph(
            settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", first(), "in")
                .addLayer("out", out(), "first")
                .setOutputs("out")
                .build());
    graph.init();
    graph.setParams(parameters());
    return graph;
  }

  private static NeuralNetConfiguration.Builder settings() {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .dataType(DataType.DOUBLE)
        .updater(new Sgd(RATE));
  }

  private static DenseLayer first() {
    return new DenseLayer.Builder()
        .name("first")
        .nIn(2)
        .nOut(2)
        .activation(Activation.IDENTITY)
        .build();
  }

  private static OutputLayer out() {
    return new OutputLayer.Builder(LossFunction.MSE)
        .name("out")
        .nIn(2)
        .nOut(2)
        .activation(Activation.IDENTITY)
        .build();
  }

  /** In Deeplearning4j's vector a weight lies column by column. */
  private static INDArray parameters() {
    return Nd4j.createFromArray(
        new double[][] {{1, 3, 2, 4, B1[0], B1[1], 1, 1, 0, -1, B2[0], B2[1]}});
  }

  static INDArray x() {
    return Nd4j.createFromArray(X);
  }

  /** Zero is what the network should learn to say. */
  static DataSet data() {
    return new DataSet(x(), Nd4j.zeros(DataType.DOUBLE, X.length, 2));
  }

  /** What the network says with these biases. */
  static double[][] output(double[] b1, double[] b2) {
    double[][] hidden = Plain.affine(X, Plain.transposed(W1), b1);
    return Plain.affine(hidden, Plain.transposed(W2), b2);
  }

  /** The base model's output. */
  static double[][] output() {
    return output(B1, B2);
  }

  static BitFitConfig biasOf(String... layers) {
    return BitFitConfig.builder().targetModules(layers).build();
  }

  /** A network with BitFit in each of the named layers, each an adapter with the layer's name. */
  static PeftModel<MultiLayerNetwork> with(String... layers) {
    PeftModel<MultiLayerNetwork> model = Peft.bare(network(), 3);
    List.of(layers).forEach(layer -> model.addAdapter(layer, biasOf(layer)));
    model.setActive(layers);
    return model;
  }

  static INDArray output(PeftModel<MultiLayerNetwork> model) {
    return model.network().output(x());
  }

  /** Sets the bias of an adapter of one layer. */
  static void set(PeftModel<?> model, String adapter, double... bias) {
    try (INDArray values = Nd4j.createFromArray(bias)) {
      INDArray tensor = model.adapter(adapter).tensors().values().iterator().next();
      tensor.assign(values.reshape(tensor.shape()));
    }
  }
}
