package org.peft4j.benchmarks.picture;

import java.util.concurrent.Callable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.PeftModel;
import org.peft4j.benchmarks.work.StepOptions;
import org.peft4j.transformers.ImageClassifier;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Steps of LoRA on a ViT's queries and values: forward, backward and Adam. */
@Command(
    name = "vit",
    mixinStandardHelpOptions = true,
    description = "Times training steps of a ViT; prints one line of JSON for each.")
public final class ViTSteps implements Callable<Integer> {
  private static final int CHANNELS = 3;

  @Mixin StepOptions options = new StepOptions(16, 3);

  @Option(names = "--batch", description = "pictures; default 16")
  int batch = 16;

  @Option(names = "--side", description = "their height and width, the model's; default 224")
  int side = 224;

  public static void main(String[] arguments) {
    StepOptions.run(new ViTSteps(), arguments);
  }

  @Override
  public Integer call() {
    TransformerOptions held =
        TransformerOptions.defaults()
            .withPrecision(options.precision())
            .withGradientCheckpointing(options.checkpointing())
            .withUpdater(new Adam(1e-4));
    try (ImageClassifier vit = Transformers.loadImageClassifier(options.model(), held);
        PeftModel<ComputationGraph> peft = vit.wrap(options.lora("q_proj", "v_proj"))) {
      TimedSteps.run(options.steps(), peft.network(), () -> batch(vit.labels().size()));
    }
    return 0;
  }

  private MultiDataSet batch(int kinds) {
    int[][] labels = new int[batch][1];
    for (int i = 0; i < batch; i++) {
      labels[i][0] = i % kinds;
    }
    return new MultiDataSet(
        Nd4j.randn(DataType.FLOAT, batch, CHANNELS, side, side), Nd4j.createFromArray(labels));
  }
}
