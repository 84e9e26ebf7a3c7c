package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.error.PeftException;
import org.peft4j.lora.PeftConfigs;
import org.peft4j.lora.Recipe;
import org.peft4j.lora.Task;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine.ParseResult;

/**
 * The numbers of {@code --recommend}: what is not given becomes what {@link PeftConfigs} recommends
 * for the task, the size of the model and the number of examples. Options that are given win.
 */
final class Recommendation {
  private static final double WARM_UP = 0.03;

  private final TrainCommand command;
  private final ParseResult given;
  private final Task task;
  private final long parameters;
  private final StringBuilder told = new StringBuilder();

  /**
   * Checks that there is something to recommend.
   *
   * @param task of the head
   * @throws PeftException if the method is not LoRA
   */
  Recommendation(TrainCommand command, org.peft4j.transformers.config.Task task) {
    this.command = command;
    this.given = command.commandLine().getParseResult();
    this.task = named(command, task);
    this.parameters = Families.read(command.model).parameterCount();
    String method = command.adapter.method.orElse("lora");
    if (!method.toLowerCase(Locale.ROOT).equals("lora")) {
      throw new PeftException(
          "--recommend has numbers of lora; --method is %s. Leave one of them out."
              .formatted(method));
    }
    told.append(
        String.format(
            Locale.ROOT,
            "recommended for %s, %s, %,d parameters:%n",
            TaskArgument.typed(task),
            this.task,
            parameters));
  }

  private static Task named(TrainCommand command, org.peft4j.transformers.config.Task task) {
    if (command.preferences.isUsed() && !command.preferences.isReward()) {
      return Task.PREFERENCE;
    }
    return switch (task) {
      case CAUSAL_LM -> Task.GENERATION;
      case SEQ_2_SEQ_LM ->
          command.data.languages.all().isNone() ? Task.SUMMARISATION : Task.TRANSLATION;
      case SEQ_CLS, TOKEN_CLS, QUESTION_ANS -> Task.TEXT_CLASSIFICATION;
      case FEATURE_EXTRACTION -> Task.EMBEDDING;
      default ->
          throw new PeftException(
              "--recommend has no numbers for "
                  + TaskArgument.typed(task)
                  + "; leave it out, and try rates with --find-learning-rate.");
    };
  }

  /** Sets what the new adapter depends on. */
  void adapter() {
    if (command.adapter.adapter.isPresent() || command.adapter.config.isPresent()) {
      return;
    }
    Recipe recipe = recipe(1);
    choose("--rank", "r", recipe.config().ranks().rank(), "published runs, docs/recommended.md")
        .ifPresent(rank -> command.adapter.rank = Optional.of(rank));
    int rank = command.adapter.rank.orElse(recipe.config().ranks().rank());
    double scale = recipe.config().ranks().alpha() / recipe.config().ranks().rank();
    choose("--alpha", "lora_alpha", scale * rank, scale + " times the rank, as there")
        .ifPresent(alpha -> command.adapter.alpha = Optional.of(alpha));
    choose("--dropout", "lora_dropout", recipe.config().dropout(), "as there")
        .ifPresent(dropout -> command.adapter.dropout = Optional.of(dropout));
  }

  /** Sets what depends on the data, and tells all. */
  void training(long examples, PrintWriter out) {
    Recipe recipe = recipe(examples);
    TrainingOptions options = command.training;
    choose("--learning-rate", "", recipe.learningRate(), recipe.learningRateFrom())
        .ifPresent(rate -> options.learningRate = rate);
    if (!isGiven("--warmup-steps")) {
      choose("--warmup-ratio", "", WARM_UP, "as in what was measured")
          .ifPresent(ratio -> options.warmupRatio = ratio);
    }
    choose(
            "--batch-size",
            "",
            recipe.batchSize(),
            String.format(Locale.ROOT, "of %,d examples", examples))
        .ifPresent(size -> command.data.batchSize = size);
    if (!isGiven("--epochs")) {
      int rows = Math.multiplyExact(command.data.batchSize, options.gradAccumulation);
      choose(
              "--steps",
              "",
              recipe.steps(rows),
              String.format(Locale.ROOT, "%.1f passes over the data", recipe.passes(rows)))
          .ifPresent(steps -> options.steps = Optional.of(steps));
    }
    out.print(told);
  }

  private Recipe recipe(long examples) {
    return PeftConfigs.recipe(task, parameters, examples);
  }

  private boolean isGiven(String... options) {
    return Arrays.stream(options).anyMatch(given::hasMatchedOption);
  }

  /** The value, unless the option is given, or its field with {@code --set}. */
  private <T> Optional<T> choose(String option, String field, T value, String why) {
    if (isGiven(option) || command.adapter.fields.containsKey(field)) {
      return Optional.empty();
    }
    told.append("  ").append(option).append(' ').append(value);
    told.append("  (").append(why).append(")\n");
    return Optional.of(value);
  }
}
