package org.peft4j.transformers.internal.tokenizer.rules;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;

/** Which class of transformers 5 runs a tokenizer. */
enum TokenizerClass {
  /** The file as it is. */
  AS_IS(Map.of()),
  LLAMA(Map.of("unk_token", "<unk>", "bos_token", "<s>", "eos_token", "</s>")),
  GPT2(
      Map.of(
          "unk_token", "<|endoftext|>",
          "bos_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>")),
  QWEN2(
      Map.of(
          "unk_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>",
          "pad_token", "<|endoftext|>")),
  T5(Map.of("unk_token", "<unk>", "eos_token", "</s>", "pad_token", "<pad>"));

  private static final Map<String, TokenizerClass> BY_NAME =
      Map.of(
          "LlamaTokenizer",
          LLAMA,
          "GPT2Tokenizer",
          GPT2,
          "Qwen2Tokenizer",
          QWEN2,
          "T5Tokenizer",
          T5,
          "PreTrainedTokenizer",
          AS_IS,
          "TokenizersBackend",
          AS_IS,
          "PythonBackend",
          AS_IS);

  private static final Map<String, TokenizerClass> BY_MODEL =
      Map.of("qwen2", QWEN2, "gpt2", GPT2, "opt", GPT2, "t5", T5);

  private final Map<String, String> defaults;

  TokenizerClass(Map<String, String> defaults) {
    this.defaults = defaults;
  }

  /** The special tokens that it has where the config names none. */
  Map<String, String> defaults() {
    return defaults;
  }

  /**
   * Chooses as {@code AutoTokenizer} does. Mistral's and Qwen 2's configs are known to name wrong
   * classes, so that the model's type counts.
   *
   * @param config {@code config.json}
   * @throws PeftException if the class is none of those above
   */
  static TokenizerClass of(JsonNode config, JsonNode tokenizerConfig) {
    String model = config.path("model_type").asText();
    if (model.equals("mistral")) {
      return AS_IS;
    }
    if (model.equals("qwen2")) {
      return QWEN2;
    }
    String name =
        List.of(tokenizerConfig, config).stream()
            .map(json -> json.path("tokenizer_class").asText(""))
            .filter(text -> !text.isEmpty() && !text.equals("null"))
            .findFirst()
            .orElse("");
    if (name.isEmpty()) {
      return BY_MODEL.getOrDefault(model, AS_IS);
    }
    TokenizerClass known =
        BY_NAME.get(name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name);
    if (known == null) {
      throw new PeftException(
          "tokenizer_class is "
              + quoted(name)
              + ", whose rules are not known here. Supported: LlamaTokenizer, GPT2Tokenizer,"
              + " Qwen2Tokenizer, T5Tokenizer and PreTrainedTokenizerFast, which takes"
              + " tokenizer.json as it is.");
    }
    return known;
  }
}
