package org.peft4j.transformers.internal.predict;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/** Scores of the labels of texts. */
public record SequenceLabels(TextBatches batches, HeadPart.Sequence head) {

  /** The scores of each input, in their order. */
  public List<LabelScores> of(List<? extends TextInput> inputs, PredictionOptions options) {
    TextLimit limit = TextLimit.of(batches.longestInput(options));
    List<EncodedText> texts =
        inputs.stream().map(input -> batches.tokenizer().encode(input, limit).get(0)).toList();
    LabelScores[] scores = new LabelScores[texts.size()];
    batches.run(
        texts,
        options.batchSize(),
        (numbers, logits, mask) -> {
          double[][] rows = logits.toDoubleMatrix();
          for (int row = 0; row < numbers.length; row++) {
            scores[numbers[row]] = scores(head, rows[row]);
          }
        });
    return Arrays.asList(scores);
  }

  /** The scores of one input's logits. */
  public static LabelScores scores(HeadPart.Sequence head, double[] logits) {
    double[] values =
        switch (head.problem()) {
          case SINGLE_LABEL_CLASSIFICATION -> Probabilities.softmax(logits);
          case MULTI_LABEL_CLASSIFICATION -> Probabilities.sigmoid(logits);
          case REGRESSION -> logits;
        };
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int label = 0; label < values.length; label++) {
      scores.put(head.classes().names().get(label), values[label]);
    }
    return new LabelScores(head.problem(), scores);
  }
}
