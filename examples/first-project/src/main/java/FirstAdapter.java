import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;

/** Trains an adapter on one layer of a network, and shows that the loss falls. */
public final class FirstAdapter {
  private FirstAdapter() {}

  public static void main(String... args) {
    MultiLayerNetwork base =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Adam(0.05))
                .activation(Activation.TANH)
                .list()
                .layer(new DenseLayer.Builder().name("dense").nIn(2).nOut(8).build())
                .layer(
                    new OutputLayer.Builder()
                        .name("out")
                        .nIn(8)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    base.init();
    DataSet data =
        new DataSet(
            Nd4j.createFromArray(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}}),
            Nd4j.createFromArray(new float[][] {{1, 0}, {0, 1}, {0, 1}, {1, 0}}));
    LoraConfig config = LoraConfig.builder().rank(2).alpha(4).targetModules("dense").build();

    try (PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config)) {
      double before = model.network().score(data);
      for (int step = 0; step < 200; step++) {
        model.network().fit(data);
      }
      double after = model.network().score(data);
      System.out.printf("Loss before: %.3f, after: %.3f%n", before, after);
      if (!(after < before)) {
        throw new IllegalStateException("The adapter has learnt nothing.");
      }
    }
  }
}
