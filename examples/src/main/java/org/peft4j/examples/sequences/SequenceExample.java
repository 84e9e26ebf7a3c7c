package org.peft4j.examples.sequences;

import java.util.Random;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;

/**
 * An LSTM tells four shapes of curves apart; then the curves come upside down and noisier. LoRA on
 * its recurrent weights, or a bottleneck adapter behind it, learns the new ones with {@code fit}.
 * Each has a fraction of the parameters and leaves the base network untouched.
 */
public final class SequenceExample {
  private static final int CLASSES = 4;
  private static final int TIME = 12;

  private SequenceExample() {}

  public static void main(String[] arguments) {
    ComputationGraph base = network();
    fit(base, curves(300, 1, 0.1, 1), 12);
    DataSet changed = curves(200, -1, 0.3, 2);
    DataSet test = curves(200, -1, 0.3, 3);
    System.out.printf(
        "Base: %,d parameters, accuracy %.1f %% on its own curves, %.1f %% on the changed ones%n%n",
        base.numParams(), accuracy(base, curves(200, 1, 0.1, 4)), accuracy(base, test));
    System.out.println("  adapter                trained   accuracy   base unchanged");
    INDArray before = base.params().dup();
    adapt(
        "LoRA on lstm",
        base,
        changed,
        test,
        LoraConfig.builder().rank(4).alpha(8).targetModules("lstm").build());
    adapt(
        "LoRA on lstm and out",
        base,
        changed,
        test,
        LoraConfig.builder().rank(4).alpha(8).targetModules("lstm", "out").build());
    adapt(
        "bottleneck after lstm",
        base,
        changed,
        test,
        BottleneckConfig.pfeiffer().reductionFactor(4).targetModules("lstm").build());
    if (!before.equals(base.params())) {
      throw new IllegalStateException("The base network changed.");
    }
  }

  private static void adapt(
      String name, ComputationGraph base, DataSet training, DataSet test, PeftConfig config) {
    INDArray before = base.params().dup();
    try (PeftModel<ComputationGraph> model = Peft.wrap(base, config)) {
      fit(model.network(), training, 12);
      System.out.printf(
          "  %-22s %,7d   %6.1f %%   %s%n",
          name,
          model.trainableParameters().trainable(),
          accuracy(model.network(), test),
          before.equals(base.params()));
    }
  }

  private static ComputationGraph network() {
    ComputationGraphConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(42)
            .updater(new Adam(0.01))
            .graphBuilder()
            .addInputs("curves")
            .addLayer("lstm", new LSTM.Builder().nIn(1).nOut(32).build(), "curves")
            .addLayer("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), "lstm")
            .addLayer(
                "out",
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(32)
                    .nOut(CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build(),
                "mean")
            .setOutputs("out")
            .build();
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    return graph;
  }

  /** Rising, falling, humped and hollow curves: features [count, 1, time], a class for each. */
  private static DataSet curves(int count, double sign, double noise, long seed) {
    Random random = new Random(seed);
    INDArray features = Nd4j.create(count, 1, TIME);
    INDArray labels = Nd4j.create(count, CLASSES);
    for (int i = 0; i < count; i++) {
      int shape = random.nextInt(CLASSES);
      for (int t = 0; t < TIME; t++) {
        double x = 2.0 * t / (TIME - 1) - 1;
        double curve = shape < 2 ? x : 1 - 2 * x * x;
        double direction = shape % 2 == 0 ? sign : -sign;
        features.putScalar(new int[] {i, 0, t}, direction * curve + noise * random.nextGaussian());
      }
      labels.putScalar(new int[] {i, shape}, 1);
    }
    return new DataSet(features, labels);
  }

  private static void fit(ComputationGraph graph, DataSet data, int epochs) {
    graph.fit(new ListDataSetIterator<>(data.asList(), 50), epochs);
  }

  private static double accuracy(ComputationGraph graph, DataSet data) {
    INDArray predicted = graph.output(data.getFeatures())[0].argMax(1);
    return 100
        * predicted
            .eq(data.getLabels().argMax(1))
            .castTo(data.getFeatures().dataType())
            .meanNumber()
            .doubleValue();
  }
}
