package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.TransformerModel;

/** A label is right where it has the highest of Hugging Face transformers' logits. */
class TokenAccuracyTest {
  @ParameterizedTest
  @CsvSource({"llama_qv, 1", "seq2seq/t5, 0"})
  void theShareOfLikeliestLabelsIsThatOfTheReferencesLogits(String name, int ahead) {
    GoldenCase golden = GoldenCase.named(name);
    INDArray logits = golden.expected("logits");
    TrainingData given = golden.data();
    List<TokenSequence> sequences = new ArrayList<>();
    long right = 0;
    long counted = 0;
    for (int row = 0; row < given.size(); row++) {
      TokenBatch batch = given.batch(row);
      int[] mask = batch.decoder().map(d -> d.mask()[0]).orElse(batch.attentionMask()[0]);
      int[] labels = new int[mask.length];
      Arrays.fill(labels, TokenSequence.IGNORED);
      for (int t = ahead; t < labels.length; t++) {
        if (mask[t] == 1 && mask[t - ahead] == 1 && (row + t) % 4 != 0) {
          int best = logits.get(point(row), point(t - ahead)).argMax().getInt(0);
          boolean wrong = (row + t) % 3 == 0;
          labels[t] = wrong ? (best + 1) % (int) logits.size(2) : best;
          right += wrong ? 0 : 1;
          counted++;
        }
      }
      sequences.add(sequence(batch, mask, labels));
    }

    try (TransformerModel base = golden.base();
        PeftModel<ComputationGraph> model = golden.wrap(base)) {
      Evaluation result = new Evaluator(model, 2).evaluate(TrainingData.of(sequences, 0));

      assertThat(result.predictions()).isEqualTo(counted).isGreaterThan(right);
      assertThat(result.values())
          .containsExactly(Map.entry("token_accuracy", (double) right / counted));
    }
  }

  private static TokenSequence sequence(TokenBatch batch, int[] mask, int[] labels) {
    int[] ids = batch.inputIds()[0];
    return batch
        .decoder()
        .map(d -> TokenSequence.decoded(ids, batch.attentionMask()[0], d.ids()[0], mask, labels))
        .orElseGet(() -> TokenSequence.of(ids, labels, mask));
  }
}
