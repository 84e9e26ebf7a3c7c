package org.peft4j.prompt;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;

/**
 * The common fields of prompt and prefix configs, as in Hugging Face PEFT. The model supplies
 * absent ones.
 *
 * @param virtualTokens the number of vectors before a sequence; at least 1
 * @param tokenDim the width of a vector
 * @param submodules 1, or 2 for a model with an encoder and a decoder: then a table has twice as
 *     many rows, of which a prompt uses the first half; by default 2 for the task SEQ_2_SEQ_LM
 * @param attentionHeads the number of attention heads of a prefix
 * @param layers the number of layers of a prefix
 */
public record PromptFields(
    int virtualTokens,
    Optional<Integer> tokenDim,
    Optional<Integer> submodules,
    Optional<Integer> attentionHeads,
    Optional<Integer> layers) {
  private static final int MOST_TOKENS = 1 << 20;

  /** The width of an encoder. */
  public static final FieldType<Integer> HIDDEN_SIZE = FieldType.atLeast(1);

  /** The problems of the fields, and of those in {@code common} that a prompt does not allow. */
  public List<String> problems(CommonConfig common) {
    List<String> problems = new ArrayList<>(common.problems());
    if (virtualTokens == 0) {
      problems.add(
          "num_virtual_tokens, the length of the prompt or prefix, is missing; allowed: 1 to "
              + MOST_TOKENS
              + ".");
    } else if (virtualTokens < 1 || virtualTokens > MOST_TOKENS) {
      problems.add(
          "num_virtual_tokens is " + virtualTokens + "; allowed: 1 to " + MOST_TOKENS + ".");
    }
    if (submodules.isPresent() && (submodules.get() < 1 || submodules.get() > 2)) {
      problems.add("num_transformer_submodules is " + submodules.get() + "; allowed: 1, 2.");
    }
    if (common.targetModules().isPresent() || common.excludeModules().isPresent()) {
      problems.add("target_modules and exclude_modules do not go with a prompt: leave them out.");
    }
    return problems;
  }

  /** The same, including the width of an encoder if it is set. */
  public List<String> problems(CommonConfig common, Optional<Integer> encoderHiddenSize) {
    List<String> problems = problems(common);
    encoderHiddenSize.ifPresent(size -> HIDDEN_SIZE.check("encoder_hidden_size", size, problems));
    return problems;
  }

  /**
   * Adds them to the fields of a config. Omits fields that Hugging Face PEFT lacks for prompts.
   *
   * @param get the config's prompt fields
   */
  public static <C extends PeftConfig, B extends PromptBuilder<B>> ConfigFields<C, B> describe(
      ConfigFields<C, B> fields, Function<C, PromptFields> get) {
    return fields
        .omit("bias", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern")
        .addRequired(
            "num_virtual_tokens",
            FieldType.integer(1, MOST_TOKENS),
            "Length of the prompt or prefix.",
            config -> get.apply(config).virtualTokens(),
            PromptBuilder::virtualTokens,
            1)
        .role(FieldRole.VIRTUAL_TOKENS)
        .addOptional(
            "token_dim",
            FieldType.INTEGER,
            "Width of a vector; the model's by default.",
            config -> get.apply(config).tokenDim(),
            PromptBuilder::tokenDim)
        .addOptional(
            "num_transformer_submodules",
            FieldType.INTEGER,
            "1, or 2 for an encoder and a decoder; the model's by default.",
            config -> get.apply(config).submodules(),
            PromptBuilder::submodules)
        .addOptional(
            "num_attention_heads",
            FieldType.INTEGER,
            "Attention heads; the model's by default.",
            config -> get.apply(config).attentionHeads(),
            PromptBuilder::attentionHeads)
        .addOptional(
            "num_layers",
            FieldType.INTEGER,
            "Layers; the model's by default.",
            config -> get.apply(config).layers(),
            PromptBuilder::layers);
  }

  /** The number of rows in the table of a prompt. */
  public int rows(CommonConfig common) {
    boolean two = common.taskType().filter("SEQ_2_SEQ_LM"::equals).isPresent();
    return Math.multiplyExact(virtualTokens, (int) submodules.orElse(two ? 2 : 1));
  }

  /** Fails if {@code field} is set and differs from the model's. */
  public static void require(String field, Optional<Integer> given, long model) {
    if (given.isPresent() && given.get() != model) {
      throw new PeftException(
          field + " is " + given.get() + ", but this model's is " + model + ". Leave it out.");
    }
  }
}
