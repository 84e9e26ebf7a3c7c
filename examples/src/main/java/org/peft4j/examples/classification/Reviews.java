package org.peft4j.examples.classification;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Sentences of film reviews: one file holds those that like the film, another the rest.
 *
 * @param training nine in ten of each
 * @param held the rest
 */
record Reviews(TrainingData training, TrainingData held) {
  static final Labels LABELS = Labels.of("negative", "positive");
  private static final int MOST_TOKENS = 96;
  private static final int EVERY = 10;
  private static final int BATCH = 64;

  static Reviews read(Path folder, Tokenizer tokenizer) {
    List<TokenSequence> training = new ArrayList<>();
    List<TokenSequence> held = new ArrayList<>();
    for (int label = 0; label < LABELS.size(); label++) {
      int line = 0;
      for (String text :
          lines(folder.resolve(label == 0 ? "rt-polarity.neg" : "rt-polarity.pos"))) {
        int[] ids = tokenizer.encode(text.strip(), true);
        int[] kept = Arrays.copyOf(ids, Math.min(ids.length, MOST_TOKENS));
        (line++ % EVERY == 0 ? held : training).add(TokenSequence.classified(kept, label));
      }
    }
    return new Reviews(TrainingData.of(training, 0), TrainingData.of(held, 0));
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
