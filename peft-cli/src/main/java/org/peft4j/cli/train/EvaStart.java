package org.peft4j.cli.train;

import java.util.Optional;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.eva.EvaInitialiser;
import org.peft4j.lora.eva.EvaSettings;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;

/** {@code --set init_lora_weights=eva}: a start from the inputs of the training data's tokens. */
final class EvaStart {
  /** Enough tokens for the components of a few dimensions; more take time. */
  private static final int MOST_ROWS = 512;

  private EvaStart() {}

  static boolean isWanted(Optional<PeftConfig> config) {
    return config
        .filter(c -> c instanceof LoraConfig lora && lora.init() == LoraInit.EVA)
        .isPresent();
  }

  /** The config that the adapter is added with. */
  static PeftConfig plain(PeftConfig config) {
    return isWanted(Optional.of(config)) && config instanceof LoraConfig lora
        ? lora.toBuilder().init(LoraInit.STANDARD).build()
        : config;
  }

  /** Gives the default adapter the components of its modules' inputs at labelled tokens. */
  static void apply(PeftModel<ComputationGraph> model, TrainingData data, int batchSize) {
    EvaInitialiser eva = new EvaInitialiser(model, Peft.DEFAULT_ADAPTER, EvaSettings.DEFAULT);
    int rows = Math.min(MOST_ROWS, data.size());
    for (int from = 0; from < rows; from += batchSize) {
      TokenBatch batch =
          data.batch(IntStream.range(from, Math.min(rows, from + batchSize)).toArray());
      observe(eva, model.network(), batch);
    }
    eva.apply();
  }

  private static void observe(EvaInitialiser eva, ComputationGraph network, TokenBatch batch) {
    try (INDArray ids = Nd4j.createFromArray(batch.inputIds());
        INDArray mask = Nd4j.createFromArray(batch.attentionMask())) {
      eva.observe(
          () -> network.output(false, new INDArray[] {ids}, new INDArray[] {mask}),
          counting(batch));
    }
  }

  /** Tokens with a label; every token of a classifier's text. */
  private static boolean[] counting(TokenBatch batch) {
    int time = batch.time();
    boolean[] rows = new boolean[batch.rows() * time];
    for (int i = 0; i < rows.length; i++) {
      int[] labels = batch.labels()[i / time];
      boolean labelled = labels.length < time || labels[i % time] != TokenSequence.IGNORED;
      rows[i] = batch.attentionMask()[i / time][i % time] == 1 && labelled;
    }
    return rows;
  }
}
