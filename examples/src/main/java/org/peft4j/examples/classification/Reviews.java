package org.peft4j.examples.classification;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Sentences of film reviews: one file holds those that like the film, another the rest.
 *
 * @param training nine in ten of each, those that do not like it first
 * @param held the rest
 */
record Reviews(List<TokenSequence> training, TrainingData held) {
  static final Labels LABELS = Labels.of("negative", "positive");
  private static final int EVERY = 10;
  private static final int BATCH = 64;

  /**
   * Reads both files and holds out every tenth sentence of each, from the first on.
   *
   * @param longest the most tokens of a sentence
   */
  static Reviews read(Path folder, Tokenizer tokenizer, int longest) {
    List<TokenSequence> training = new ArrayList<>();
    List<TokenSequence> held = new ArrayList<>();
    for (int label = 0; label < LABELS.size(); label++) {
      int line = 0;
      for (String text :
          lines(folder.resolve(label == 0 ? "rt-polarity.neg" : "rt-polarity.pos"))) {
        TextInput input = TextInput.of(text.strip());
        int[] ids = tokenizer.encode(input, TextLimit.of(longest)).get(0).ids();
        (line++ % EVERY == 0 ? held : training).add(TokenSequence.classified(ids, label));
      }
    }
    return new Reviews(List.copyOf(training), TrainingData.of(held, 0));
  }

  /** The sentences to learn from, those of each label together: for training that shuffles. */
  TrainingData byLabel() {
    return TrainingData.of(training, 0);
  }

  /**
   * The sentences to learn from, of either label in turns: an order that other programs can repeat.
   */
  TrainingData alternating() {
    int half = training.size() / 2;
    return TrainingData.of(
        IntStream.range(0, 2 * half).mapToObj(i -> training.get(i / 2 + (i % 2) * half)).toList(),
        0);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The held-out sentences for Deeplearning4j's evaluation. */
  DataSetIterator evaluation() {
    List<DataSet> batches = new ArrayList<>();
    for (int from = 0; from < held.size(); from += BATCH) {
      int to = Math.min(from + BATCH, held.size());
      TokenBatch batch = held.batch(IntStream.range(from, to).toArray());
      INDArray labels = Nd4j.zeros(batch.rows(), LABELS.size());
      for (int row = 0; row < batch.rows(); row++) {
        labels.putScalar(row, batch.labels()[row][0], 1);
      }
      INDArray ids = Nd4j.createFromArray(batch.inputIds());
      INDArray mask = Nd4j.createFromArray(batch.attentionMask());
      batches.add(new DataSet(ids, labels, mask, null));
    }
    return new ListDataSetIterator<>(batches, 1);
  }
}
