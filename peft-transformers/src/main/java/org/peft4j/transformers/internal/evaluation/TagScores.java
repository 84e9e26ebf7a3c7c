package org.peft4j.transformers.internal.evaluation;

import java.util.List;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.LabelledWords;
import org.peft4j.transformers.metrics.ClassMetrics;
import org.peft4j.transformers.metrics.EntityMetrics;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.TaggedWords;

/** Scores of a classifier of tokens. */
public record TagScores(Labels labels, List<LabelledWords> examples) {
  /**
   * Checks the tags of the examples.
   *
   * @throws org.peft4j.error.PeftException if the model has not one of them
   */
  public TagScores {
    for (int i = 0; i < examples.size(); i++) {
      int example = i;
      examples.get(i).tags().forEach(tag -> KnownLabels.number(labels, example, tag));
    }
  }

  /** The scores of predictions, one for each example: of entities, if the labels mark any. */
  public Scores of(List<TaggedWords> predicted) {
    List<List<String>> own = predicted.stream().map(TaggedWords::tags).toList();
    List<List<String>> right = examples.stream().map(LabelledWords::tags).toList();
    return EntityMetrics.areTags(labels.names())
        ? EntityMetrics.of(own, right)
        : Scores.NONE.with("accuracy", ClassMetrics.accuracy(numbers(own), numbers(right)));
  }

  private int[] numbers(List<List<String>> tags) {
    return tags.stream().flatMap(List::stream).mapToInt(labels.names()::indexOf).toArray();
  }
}
