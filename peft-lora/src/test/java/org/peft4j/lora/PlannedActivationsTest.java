package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** The estimate of activations, against the workspaces that Deeplearning4j grew in training. */
class PlannedActivationsTest {
  private static final int BATCH = 512;
  private static final int WIDTH = 256;
  private static final int LABELS = 8;

  @Test
  void activationsAreThoseOfAStep() throws Exception {
    MultiLayerNetwork base = network();
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("first").build();
    long planned =
        Peft.plan(base, config, BATCH, InputType.feedForward(WIDTH)).memory().activations();

    // A thread has workspaces of its own; those of this one have the sizes of earlier tests.
    ExecutorService thread = Executors.newSingleThreadExecutor();
    long measured;
    try {
      measured = thread.submit(() -> measured(base, config)).get();
    } finally {
      thread.shutdown();
    }

    assertThat(planned).isCloseTo(measured, withinPercentage(10));
  }

  private static long measured(MultiLayerNetwork base, LoraConfig config) {
    try (PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config)) {
      INDArray x = Nd4j.rand(BATCH, WIDTH);
      INDArray y = Nd4j.ones(BATCH, LABELS).divi(LABELS);
      for (int i = 0; i < 5; i++) {
        model.network().fit(x, y);
      }
      return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
          .mapToLong(MemoryWorkspace::getCurrentSize)
          .sum();
    }
  }

  private static MultiLayerNetwork network() {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .updater(new Adam(1e-3))
            .activation(Activation.TANH)
            .list();
    Stream.of("first", "second", "third", "fourth")
        .forEach(name -> list.layer(new DenseLayer.Builder().name(name).nOut(WIDTH).build()));
    list.layer(
        new OutputLayer.Builder(LossFunction.MCXENT)
            .nOut(LABELS)
            .activation(Activation.SOFTMAX)
            .build());
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.setInputType(InputType.feedForward(WIDTH)).build());
    network.init();
    return network;
  }
}
