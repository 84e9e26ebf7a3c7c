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
 * The fields that the configs of all prompts and prefixes have, as Hugging Face PEFT has them. What
 * is absent comes from the model.
 *
 * @param virtualTokens how many vectors stand before a sequence; at least 1
 * @param tokenDim the width of each
 * @param submodules 1; 2 for a model of an encoder and a decoder
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

  /**
   * What is wrong with the fields, and with those of {@code common} that do not go with a prompt.
   */
  public List<String> problems(CommonConfig common) {
    List<String> problems = new ArrayList<>(common.problems());
    if (virtualTokens == 0) {
      problems.add(
          "num_virtual_tokens, the length of the prompt or prefix, must be given: 1 to "
              + MOST_TOKENS
              + ".");
    } else if (virtualTokens < 1 || virtualTokens > MOST_TOKENS) {
      problems.add(
          "num_virtual_tokens is " + virtualTokens + "; allowed: 1 to " + MOST_TOKENS + ".");
    }
    if (common.targetModules().isPresent() || common.excludeModules().isPresent()) {
      problems.add("target_modules and exclude_modules do not go with a prompt: leave them out.");
    }
    return problems;
  }

  /** The same with the width of an encoder, if it is given. */
  public List<String> problems(CommonConfig common, Optional<Integer> encoderHiddenSize) {
    List<String> problems = problems(common);
    encoderHiddenSize.ifPresent(size -> HIDDEN_SIZE.check("encoder_hidden_size", size, problems));
    return problems;
  }

  /**
   * Adds them to the fields of a config. Hugging Face PEFT has none of the fields for prompts that
   * are omitted.
   *
   * @param get the config's prompt
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

  /** Fails unless {@code field}, where it is given, is what the model has. */
  public static void require(String field, Optional<Integer> given, long model) {
    if (given.isPresent() && given.get() != model) {
      throw new PeftException(
          field + " is " + given.get() + ", but this model's is " + model + ". Leave it out.");
    }
  }
}
