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

  PromptStart withText(String value) {
    return new PromptStart(init, Optional.of(value), tokenizer, tokens);
  }

  PromptStart withTokenizer(String name) {
    return new PromptStart(init, text, Optional.of(name), tokens);
  }

  /** With the ids of its text, where it begins from one. */
  public PromptStart encoded(Function<String, int[]> encoder) {
    if (init != PromptInit.TEXT || text.isEmpty()) {
      return this;
    }
    List<Integer> ids = Arrays.stream(encoder.apply(text.get())).boxed().toList();
    return new PromptStart(init, text, tokenizer, ids);
  }

  /**
   * The start as a file has it. Hugging Face PEFT reads no text without the name of its tokenizer,
   * which is the base model's unless it is given; without either the file says random: the weights
   * hold what the text came to.
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
   * Adds its fields, all but {@code prompt_tuning_init}, to those of a config.
   *
   * @param get the config's start
   */
  public static <C extends PeftConfig, B extends StartBuilder<B>> ConfigFields<C, B> describe(
      ConfigFields<C, B> fields, Function<C, PromptStart> get) {
    return fields
        .addOptional(
            "prompt_tuning_init_text",
            FieldType.TEXT,
            "The text that the prompt begins as.",
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
