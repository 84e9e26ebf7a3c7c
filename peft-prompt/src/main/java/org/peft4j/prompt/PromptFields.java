package org.peft4j.prompt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
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

  /** So many tokens; the rest from the model. */
  public static PromptFields of(int virtualTokens) {
    return new PromptFields(
        virtualTokens, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

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
    encoderHiddenSize
        .filter(size -> size < 1)
        .ifPresent(
            size -> problems.add("encoder_hidden_size is " + size + "; allowed: 1 and more."));
    return problems;
  }

  /** A whole number that may be absent. */
  public static Optional<Integer> number(ConfigReader json, String field) {
    return json.any(field).isPresent() ? Optional.of(json.integer(field, 0)) : Optional.empty();
  }

  /** Reads the fields. */
  public static PromptFields read(ConfigReader json) {
    return new PromptFields(
        json.integer("num_virtual_tokens", 0),
        number(json, "token_dim"),
        number(json, "num_transformer_submodules"),
        number(json, "num_attention_heads"),
        number(json, "num_layers"));
  }

  /** A config's JSON with these fields and the common ones. */
  public ObjectNode write(String peftType, CommonConfig common) {
    ObjectNode json = ConfigWriter.common(peftType, "prompt", common);
    // Hugging Face PEFT has no such fields for prompts.
    json.remove(
        List.of(
            "bias", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"));
    json.put("num_virtual_tokens", virtualTokens);
    json.put("token_dim", tokenDim.orElse(null));
    json.put("num_transformer_submodules", submodules.orElse(null));
    json.put("num_attention_heads", attentionHeads.orElse(null));
    json.put("num_layers", layers.orElse(null));
    return json;
  }

  /** Fails unless {@code field}, where it is given, is what the model has. */
  public static void require(String field, Optional<Integer> given, long model) {
    if (given.isPresent() && given.get() != model) {
      throw new PeftException(
          field + " is " + given.get() + ", but this model's is " + model + ". Leave it out.");
    }
  }
}
