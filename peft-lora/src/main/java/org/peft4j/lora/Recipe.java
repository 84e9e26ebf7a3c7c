package org.peft4j.lora;

import java.util.Locale;

/**
 * How to train: a config, and the numbers of its training to begin with. They are for AdamW with a
 * linear schedule, a warm-up over 3 % of the steps, and gradients scaled down to a norm of 1.
 *
 * @param task what is trained for
 * @param examples to train on
 * @param config rank, alpha and dropout
 * @param learningRate the highest
 * @param learningRateFrom where that is from: measured here, or published
 * @param batchSize examples a step
 */
public record Recipe(
    Task task,
    long examples,
    LoraConfig config,
    double learningRate,
    String learningRateFrom,
    int batchSize) {
  static Recipe of(Task task, LoraConfig config, long parameters, long examples) {
    Rates.Rate rate = Rates.of(task, parameters);
    int batch = Amount.of(task).batch(task, examples);
    return new Recipe(task, examples, config, rate.rate(), rate.from(), batch);
  }

  /** Updates of the adapter, with the recommended batch. */
  public long steps() {
    return steps(batchSize);
  }

  /**
   * Updates of the adapter with steps of another size.
   *
   * @param examplesOfStep batch size times accumulated batches, 1 and above
   */
  public long steps(int examplesOfStep) {
    return Amount.of(task).steps(examplesOfStep, examples);
  }

  /** How often the steps go through the data. */
  public double passes(int examplesOfStep) {
    return (double) steps(examplesOfStep) * examplesOfStep / examples;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: rank %d, alpha %.0f, dropout %s, learning rate %s (%s), batch %d, %d steps",
        task,
        config.ranks().rank(),
        config.ranks().alpha(),
        config.dropout(),
        learningRate,
        learningRateFrom,
        batchSize,
        steps());
  }
}
