package org.peft4j.prompt.tuning;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;

/**
 * What a prompt of embeddings begins as, with Hugging Face PEFT's fields.
 *
 * @param init what it begins as
 * @param text the text that it begins as, for {@link PromptInit#TEXT}
 * @param tokenizer the name of that text's tokenizer: kept, never followed
 * @param tokens the ids of that text's tokens; not in a file
 */
public record PromptStart(
    PromptInit init, Optional<String> text, Optional<String> tokenizer, List<Integer> tokens) {
  /** Numbers drawn at random. */
  public static final PromptStart RANDOM =
      new PromptStart(PromptInit.RANDOM, Optional.empty(), Optional.empty(), List.of());

  public PromptStart {
    tokens = List.copyOf(tokens);
  }

  static PromptStart ofTokens(List<Integer> ids) {
    return new PromptStart(PromptInit.TEXT, Optional.empty(), Optional.empty(), ids);
  }

  static PromptStart ofText(String text) {
    return new PromptStart(PromptInit.TEXT, Optional.of(text), Optional.empty(), List.of());
  }

  PromptStart with(PromptInit value) {
    return new PromptStart(value, text, tokenizer, tokens);
  }

  /** With the ids of its text, where it begins from one. */
  public PromptStart encoded(Function<String, int[]> encoder) {
    if (init != PromptInit.TEXT || text.isEmpty()) {
      return this;
    }
    List<Integer> ids = Arrays.stream(encoder.apply(text.get())).boxed().toList();
    return new PromptStart(init, text, tokenizer, ids);
  }

  /** Reads the fields, of which {@code prompt_tuning_init} is known already. */
  public static PromptStart read(ConfigReader json, PromptInit init) {
    Optional<String> text = json.text("prompt_tuning_init_text");
    Optional<String> tokenizer = json.text("tokenizer_name_or_path");
    json.any("tokenizer_kwargs");
    return new PromptStart(init, text, tokenizer, List.of());
  }

  /**
   * Writes the fields. Hugging Face PEFT reads no text without the name of its tokenizer, which is
   * the base model's unless it is given; without either the beginning is written as random: what it
   * came to is in the weights.
   */
  public void write(ObjectNode json, CommonConfig common) {
    Optional<String> name = tokenizer.or(common::baseModel);
    boolean lost = init == PromptInit.TEXT && (text.isEmpty() || name.isEmpty());
    boolean fromText = init == PromptInit.TEXT && !lost;
    json.put("prompt_tuning_init", (lost ? PromptInit.RANDOM : init).name());
    json.put("prompt_tuning_init_text", lost ? null : text.orElse(null));
    json.put("tokenizer_name_or_path", (fromText ? name : tokenizer).orElse(null));
    json.putNull("tokenizer_kwargs");
  }
}
