package org.peft4j.prompt.tuning;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;

/**
 * The first values of a prompt of embeddings, with Hugging Face PEFT's fields.
 *
 * @param init the kind of first values
 * @param text the text to start from, for {@link PromptInit#TEXT}
 * @param tokenizer the name of that text's tokenizer: kept, never followed
 * @param tokens the ids of that text's tokens; not in a file
 */
public record PromptStart(
    PromptInit init, Optional<String> text, Optional<String> tokenizer, List<Integer> tokens) {
  /** Random numbers. */
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

  PromptStart withText(String value) {
    return new PromptStart(init, Optional.of(value), tokenizer, tokens);
  }

  PromptStart withTokenizer(String name) {
    return new PromptStart(init, text, Optional.of(name), tokens);
  }

  /** With the ids of its text, if it starts from one. */
  public PromptStart encoded(Function<String, int[]> encoder) {
    if (init != PromptInit.TEXT || text.isEmpty()) {
      return this;
    }
    List<Integer> ids = Arrays.stream(encoder.apply(text.get())).boxed().toList();
    return new PromptStart(init, text, tokenizer, ids);
  }

  /**
   * The start for a file. Hugging Face PEFT reads no text without its tokenizer's name, by default
   * the base model's; without either name, the file says random, because the weights already
   * contain the text's embeddings.
   */
  public PromptStart inFile(CommonConfig common) {
    Optional<String> name = tokenizer.or(common::baseModel);
    if (init != PromptInit.TEXT) {
      return this;
    }
    return text.isEmpty() || name.isEmpty()
        ? new PromptStart(PromptInit.RANDOM, Optional.empty(), tokenizer, List.of())
        : new PromptStart(init, text, name, tokens);
  }

  /**
   * Adds its fields, except {@code prompt_tuning_init}, to those of a config.
   *
   * @param get the config's start
   */
  public static <C extends PeftConfig, B extends StartBuilder<B>> ConfigFields<C, B> describe(
      ConfigFields<C, B> fields, Function<C, PromptStart> get) {
    return fields
        .addOptional(
            "prompt_tuning_init_text",
            FieldType.TEXT,
            "The text that the prompt starts from.",
            config -> get.apply(config).inFile(config.common()).text(),
            StartBuilder::initText)
        .role(FieldRole.INIT_TEXT)
        .addOptional(
            "tokenizer_name_or_path",
            FieldType.TEXT,
            "The text's tokenizer: kept, never followed.",
            config -> get.apply(config).inFile(config.common()).tokenizer(),
            StartBuilder::tokenizer)
        .ignore(List.of("tokenizer_kwargs"));
  }
}
