package org.peft4j.examples.classifier;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;

/**
 * Adapts a plain Deeplearning4j classifier. It was trained to tell three spiral arms apart; then
 * the figure is turned, and LoRA on its three layers learns the turned one with {@code fit}. The
 * result is merged into a plain network, which loads without this library.
 */
public final class ClassifierExample {
  private static final double TURN = Math.PI / 3;

  private ClassifierExample() {}

  public static void main(String[] arguments) throws IOException {
    DataSet original = Spirals.points(1200, 0, 1);
    DataSet turned = Spirals.points(1200, TURN, 2);
    DataSet test = Spirals.points(600, TURN, 3);

    MultiLayerNetwork base = network();
    fit(base, original, 60);
    System.out.printf(
        "Base network: %,d parameters, accuracy %.1f %% on its own data, %.1f %% on the turned figure%n%n",
        base.numParams(), accuracy(base, Spirals.points(600, 0, 4)), accuracy(base, test));

    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(
            base,
            LoraConfig.builder().rank(4).alpha(8).targetModules("first", "second", "out").build());
    model.printTrainableParameters();

    INDArray frozen = base.params().dup();
    double before = model.network().score(turned);
    model.network().setListeners(new ScorePrinter(180));
    fit(model.network(), turned, 60);
    System.out.printf(
        "Adapted: loss %.3f → %.3f, accuracy %.1f %% on the turned figure%n",
        before, model.network().score(turned), accuracy(model.network(), test));
    System.out.println("Base parameters unchanged: " + frozen.equals(base.params()));
    try (var off = model.adaptersDisabled()) {
      System.out.printf("With the adapter disabled: %.1f %%%n%n", accuracy(model.network(), test));
    }

    MultiLayerNetwork merged = model.mergeAndUnload();
    Path file = Files.createTempDirectory("classifier").resolve("merged.zip");
    merged.save(file.toFile());
    MultiLayerNetwork loaded = MultiLayerNetwork.load(file.toFile(), false);
    double difference =
        loaded
            .output(test.getFeatures())
            .sub(model.network().output(test.getFeatures()))
            .amaxNumber()
            .doubleValue();
    System.out.printf(
        "Merged to a plain %s (%,d bytes), accuracy %.1f %%, largest difference of a probability %.1e%n",
        loaded.getClass().getSimpleName(), Files.size(file), accuracy(loaded, test), difference);
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(42)
                .updater(new Adam(0.01))
                .weightInit(WeightInit.XAVIER)
                .activation(Activation.TANH)
                .list()
                .layer(new DenseLayer.Builder().name("first").nIn(2).nOut(48).build())
                .layer(new DenseLayer.Builder().name("second").nIn(48).nOut(48).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .name("out")
                        .nIn(48)
                        .nOut(Spirals.ARMS)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    network.init();
    return network;
  }

  private static void fit(MultiLayerNetwork network, DataSet data, int epochs) {
    network.fit(new ListDataSetIterator<>(data.asList(), 100), epochs);
  }

  private static double accuracy(MultiLayerNetwork network, DataSet data) {
    INDArray predicted = network.output(data.getFeatures()).argMax(1);
    INDArray actual = data.getLabels().argMax(1);
    return 100.0
        * predicted.eq(actual).castTo(data.getFeatures().dataType()).meanNumber().doubleValue();
  }
}
