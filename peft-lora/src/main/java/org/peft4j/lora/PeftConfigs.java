package org.peft4j.lora;

import org.peft4j.error.PeftException;

/**
 * Configs to start from, by task and size of the model: rank, alpha and dropout as {@link Task}
 * lists them. Above 10 billion parameters, rank and alpha double and the scale α/r stays.
 *
 * <pre>{@code
 * LoraConfig config = PeftConfigs.recommended(Task.SUMMARISATION, model.parameterCount());
 * LoraConfig elsewhere =
 *     PeftConfigs.builder(Task.SUMMARISATION, 124_000_000).targetAllLinear().build();
 * Recipe whole = PeftConfigs.recipe(Task.SUMMARISATION, model.parameterCount(), data.size());
 * }</pre>
 */
public final class PeftConfigs {
  /** A model with more parameters is a large one. */
  private static final long LARGE = 10_000_000_000L;

  private PeftConfigs() {}

  /**
   * A config that targets the usual modules for the type of model.
   *
   * @param parameterCount the parameters of the base model, at least 1
   * @throws PeftException if there are none
   */
  public static LoraConfig recommended(Task task, long parameterCount) {
    return builder(task, parameterCount).build();
  }

  /** Like {@link #recommended}, as a builder for changes or targets. */
  public static LoraConfig.Builder builder(Task task, long parameterCount) {
    if (parameterCount < 1) {
      throw new PeftException(
          "The model has " + parameterCount + " parameters; allowed: 1 and above.");
    }
    int factor = parameterCount > LARGE ? 2 : 1;
    return LoraConfig.builder()
        .rank(factor * task.rank())
        .alpha(factor * task.alpha())
        .dropout(task.dropout());
  }

  /**
   * A config with the numbers of its training: learning rate, batch and steps, which were measured
   * on small models here, and are those of published runs for larger ones. {@link Recipe#reasons}
   * tells which.
   *
   * @param parameterCount the parameters of the base model, at least 1
   * @param examples the examples to train on, at least 1
   * @throws PeftException if there are no parameters or no examples
   */
  public static Recipe recipe(Task task, long parameterCount, long examples) {
    LoraConfig config = recommended(task, parameterCount);
    if (examples < 1) {
      throw new PeftException("There are " + examples + " examples; allowed: 1 and above.");
    }
    return Recipe.of(task, config, parameterCount, examples);
  }
}
