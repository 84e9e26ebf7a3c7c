package org.peft4j.transformers.internal.tokenizer.rules;

import static java.util.Map.entry;
import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
  T5(Map.of("unk_token", "<unk>", "eos_token", "</s>", "pad_token", "<pad>")),
  BERT(
      Map.of(
          "unk_token", "[UNK]",
          "sep_token", "[SEP]",
          "pad_token", "[PAD]",
          "cls_token", "[CLS]",
          "mask_token", "[MASK]")),
  CLIP(
      Map.of(
          "unk_token", "<|endoftext|>",
          "bos_token", "<|startoftext|>",
          "eos_token", "<|endoftext|>",
          "pad_token", "<|endoftext|>")),
  ROBERTA(Names.PAIRS),
  GPT_NEOX(
      Map.of(
          "unk_token", "<|endoftext|>",
          "bos_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>",
          "pad_token", "<|padding|>")),
  GEMMA(
      Map.of(
          "unk_token", "<unk>",
          "bos_token", "<bos>",
          "eos_token", "<eos>",
          "pad_token", "<pad>",
          "mask_token", "<mask>")),
  XLM_ROBERTA(Names.PAIRS),
  MBART(Names.PAIRS),
  MBART50(Names.PAIRS);

  /** The names of classes, those of other models among them that are the same class. */
  private static final Map<String, TokenizerClass> BY_NAME =
      Map.ofEntries(
          entry("LlamaTokenizer", LLAMA),
          entry("GPT2Tokenizer", GPT2),
          entry("Qwen2Tokenizer", QWEN2),
          entry("T5Tokenizer", T5),
          entry("BertTokenizer", BERT),
          entry("DistilBertTokenizer", BERT),
          entry("ElectraTokenizer", BERT),
          entry("CLIPTokenizer", CLIP),
          entry("RobertaTokenizer", ROBERTA),
          entry("BartTokenizer", ROBERTA),
          entry("XLMRobertaTokenizer", XLM_ROBERTA),
          entry("MBartTokenizer", MBART),
          entry("MBart50Tokenizer", MBART50),
          entry("GPTNeoXTokenizer", GPT_NEOX),
          entry("GemmaTokenizer", GEMMA),
          entry("BloomTokenizer", AS_IS),
          entry("PreTrainedTokenizer", AS_IS),
          entry("TokenizersBackend", AS_IS),
          entry("PythonBackend", AS_IS));

  /** The class that a type of model has where its files name none. */
  private static final Map<String, String> BY_MODEL =
      Map.ofEntries(
          entry("qwen2", "Qwen2Tokenizer"),
          entry("qwen3", "Qwen2Tokenizer"),
          entry("gpt2", "GPT2Tokenizer"),
          entry("gpt_neo", "GPT2Tokenizer"),
          entry("gptj", "GPT2Tokenizer"),
          entry("opt", "GPT2Tokenizer"),
          entry("phi", "GPT2Tokenizer"),
          entry("starcoder2", "GPT2Tokenizer"),
          entry("gpt_neox", "GPTNeoXTokenizer"),
          entry("gemma", "GemmaTokenizer"),
          entry("gemma2", "GemmaTokenizer"),
          entry("gemma3_text", "GemmaTokenizer"),
          entry("t5", "T5Tokenizer"),
          entry("mt5", "T5Tokenizer"),
          entry("bert", "BertTokenizer"),
          entry("distilbert", "BertTokenizer"),
          entry("electra", "BertTokenizer"),
          entry("clip", "CLIPTokenizer"),
          entry("clip_text_model", "CLIPTokenizer"),
          entry("roberta", "RobertaTokenizer"),
          entry("bart", "RobertaTokenizer"),
          entry("xlm-roberta", "XLMRobertaTokenizer"),
          entry("albert", "AlbertTokenizer"),
          entry("mbart", "MBartTokenizer"),
          entry("marian", "MarianTokenizer"),
          entry("pegasus", "PegasusTokenizer"));

  /** Types of models whose files are taken as they are, whatever other class they name. */
  private static final Set<String> FILE_ALONE =
      Set.of("mistral", "phi3", "umt5", "olmo2", "granite", "gpt_bigcode");

  private final Map<String, String> defaults;

  TokenizerClass(Map<String, String> defaults) {
    this.defaults = defaults;
  }

  /** The special tokens that it has where the config names none. */
  Map<String, String> defaults() {
    return defaults;
  }

  /**
   * Chooses as {@code AutoTokenizer} does. Qwen 2's configs are known to name wrong classes, so
   * that the model's type counts.
   *
   * @param config {@code config.json}
   * @throws PeftException if the class is none of those above
   */
  static TokenizerClass of(JsonNode config, JsonNode tokenizerConfig) {
    if (FILE_ALONE.contains(model(config))) {
      return AS_IS;
    }
    String name = name(config, tokenizerConfig);
    TokenizerClass known = BY_NAME.get(name);
    if (known == null) {
      throw new PeftException(
          "The tokenizer's class is "
              + quoted(name)
              + ", whose rules are not known here. Supported: "
              + BY_NAME.keySet().stream().sorted().collect(Collectors.joining(", "))
              + ". PreTrainedTokenizer in tokenizer_config.json takes tokenizer.json as it is.");
    }
    return known;
  }

  /** Whether the class gives types of tokens to its model. */
  static boolean givesTypes(JsonNode config, JsonNode tokenizerConfig) {
    return of(config, tokenizerConfig) == BERT
        && !name(config, tokenizerConfig).equals("DistilBertTokenizer");
  }

  private static String model(JsonNode config) {
    return config.path("model_type").asText();
  }

  private static String name(JsonNode config, JsonNode tokenizerConfig) {
    String named =
        List.of(tokenizerConfig, config).stream()
            .map(json -> json.path("tokenizer_class").asText(""))
            .filter(text -> !text.isEmpty() && !text.equals("null"))
            .findFirst()
            .orElse("");
    if (model(config).equals("qwen2") || named.isEmpty()) {
      named = BY_MODEL.getOrDefault(model(config), "TokenizersBackend");
    }
    return named.endsWith("Fast") ? named.substring(0, named.length() - 4) : named;
  }

  private static final class Names {
    static final Map<String, String> PAIRS =
        Map.of(
            "bos_token", "<s>",
            "eos_token", "</s>",
            "sep_token", "</s>",
            "cls_token", "<s>",
            "unk_token", "<unk>",
            "pad_token", "<pad>",
            "mask_token", "<mask>");

    private Names() {}
  }
}
