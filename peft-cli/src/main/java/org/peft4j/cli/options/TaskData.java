package org.peft4j.cli.options;

import java.util.Optional;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.preference.ComparedExamples;
import org.peft4j.train.preference.Reference;

/**
 * What a command trains on, or measures with.
 *
 * @param objective what is minimised
 * @param examples the training's, or all
 * @param evaluation what is kept for evaluation, or another file
 * @param texts all sequences of the examples, for first values from data; none of pictures
 */
public record TaskData<B extends Batch>(
    Objective<B> objective,
    Examples<B> examples,
    Optional<Examples<B>> evaluation,
    Optional<Examples<TokenBatch>> texts) {
  /** The same with a reference for all examples that may have one. */
  public TaskData<B> comparedWith(Reference reference) {
    return new TaskData<>(
        objective,
        compared(examples, reference),
        evaluation.map(held -> compared(held, reference)),
        texts);
  }

  private static <B extends Batch> Examples<B> compared(Examples<B> examples, Reference reference) {
    return examples instanceof ComparedExamples<B> compared
        ? compared.comparedWith(reference)
        : examples;
  }

  /** What is measured. */
  public Examples<B> measured() {
    return evaluation.orElse(examples);
  }

  /** The number of the row of the file, from 0, that what is measured begins with. */
  public int firstRow() {
    Examples<B> measured = measured();
    if (measured instanceof TrainingData data) {
      return data.firstRow();
    }
    if (measured instanceof PictureData pictures) {
      return pictures.examples().get(0).row();
    }
    if (measured instanceof PictureTextData pictures) {
      return pictures.examples().get(0).row();
    }
    return measured instanceof VectorData related ? related.firstRow() : 0;
  }
}
