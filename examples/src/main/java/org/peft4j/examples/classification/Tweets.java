package org.peft4j.examples.classification;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** Tweets to companies, which are complaints or not: half of a few to learn from, half to score. */
record Tweets(List<LabelledText> training, List<LabelledText> held) {
  static final Labels LABELS = Labels.of("no complaint", "complaint");

  /** Reads a CSV file with the columns of RAFT's twitter_complaints. */
  static List<LabelledText> read(Path file) {
    List<LabelledText> tweets = new ArrayList<>();
    Table.of(file, Columns.parse("text=Tweet text,label=Label"))
        .forEach(row -> tweets.add(LabelledText.of(row.text("text"), row.labels("label").get(0))));
    return tweets;
  }

  /** Halves of each label, drawn with a seed; of an odd number the larger one to learn from. */
  static Tweets halves(List<LabelledText> tweets, long seed) {
    List<LabelledText> shuffled = new ArrayList<>(tweets);
    Collections.shuffle(shuffled, new Random(seed));
    List<LabelledText> training = new ArrayList<>();
    List<LabelledText> held = new ArrayList<>();
    for (String label : LABELS.names()) {
      int count = 0;
      for (LabelledText tweet : shuffled) {
        if (tweet.labels().contains(label)) {
          (count++ % 2 == 0 ? training : held).add(tweet);
        }
      }
    }
    return new Tweets(training, held);
  }

  /** What there is to learn from, as tokens. */
  TrainingData tokens(Tokenizer tokenizer, int longest) {
    List<TokenSequence> sequences =
        training.stream()
            .map(
                tweet ->
                    TokenSequence.classified(
                        tokenizer.encode(tweet.input(), TextLimit.of(longest)).get(0).ids(),
                        LABELS.names().indexOf(tweet.labels().get(0))))
            .toList();
    return TrainingData.of(sequences, 0);
  }
}
