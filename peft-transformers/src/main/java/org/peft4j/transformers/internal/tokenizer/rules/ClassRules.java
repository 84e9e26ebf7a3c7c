package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;

/**
 * The parts that a tokenizer class of transformers 5 builds anew, whatever {@code tokenizer.json}
 * has there. Vocabulary and merges stay the file's; {@link Templates} has the {@code
 * post_processor} of those classes that build it too.
 */
final class ClassRules {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  private static final String LLAMA =
      """
      {"normalizer": null,
       "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%s",
                         "split": false},
       "decoder": {"type": "Sequence", "decoders": [
           {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
           {"type": "ByteFallback"}, {"type": "Fuse"}%s]},
       "model": {"type": "BPE", "fuse_unk": true, "byte_fallback": true}}
      """;

  private static final String GPT2 =
      """
      {"normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": %s, "trim_offsets": true,
                         "use_regex": true},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true},
       "model": {"type": "BPE", "continuing_subword_prefix": "", "end_of_word_suffix": "",
                 "fuse_unk": false}}
      """;

  private static final String QWEN2 =
      """
      {"normalizer": {"type": "NFC"},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex":
               "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"}},
           {"type": "ByteLevel", "add_prefix_space": %s, "trim_offsets": true,
            "use_regex": false}]},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true},
       "model": {"type": "BPE", "continuing_subword_prefix": "", "end_of_word_suffix": "",
                 "fuse_unk": false, "byte_fallback": false}}
      """;

  private static final String ONE_SPACE =
      """
      {"type": "Sequence", "normalizers": [
          {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}
      """;

  /** Of T5, XLM-RoBERTa and mBART. */
  private static final String UNIGRAM =
      """
      {"normalizer": null,
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "WhitespaceSplit"},
           {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%1$s", "split": true}]},
       "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%1$s",
                   "split": true},
       "model": {"type": "Unigram", "unk_id": %2$d, "byte_fallback": false}}
      """;

  private static final String BERT =
      """
      {"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": %s,
                      "strip_accents": %s, "lowercase": %s},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "WordPiece", "unk_token": %s, "continuing_subword_prefix": "##",
                 "max_input_chars_per_word": 100}}
      """;

  private static final String CLIP =
      """
      {"normalizer": {"type": "Sequence", "normalizers": [
           {"type": "NFC"},
           {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "},
           {"type": "Lowercase"}]},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "behavior": "Removed", "invert": true, "pattern": {"Regex":
               "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"}},
           {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true}]},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                   "use_regex": true},
       "model": {"type": "BPE", "unk_token": %s, "continuing_subword_prefix": "",
                 "end_of_word_suffix": "</w>", "fuse_unk": false}}
      """;

  private static final String GEMMA =
      """
      {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
       "pre_tokenizer": {"type": "Split", "pattern": {"String": " "},
                         "behavior": "MergedWithPrevious", "invert": false},
       "decoder": {"type": "Sequence", "decoders": [
           {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
           {"type": "ByteFallback"}, {"type": "Fuse"}]},
       "model": {"type": "BPE", "unk_token": %s, "fuse_unk": true, "byte_fallback": true}}
      """;

  private ClassRules() {}

  /**
   * Rebuilds {@code file} in place, as {@code kind} does.
   *
   * @param unknown the text of the token for what is not in the vocabulary
   */
  static void apply(TokenizerClass kind, ObjectNode file, TokenizerConfig config, String unknown) {
    boolean prefix = config.flag("add_prefix_space", false);
    switch (kind) {
      case AS_IS -> {}
      case LLAMA -> llama(file, config);
      case GPT2, ROBERTA -> replace(file, GPT2.formatted(prefix), kind, "merges");
      case GPT_NEOX -> {
        replace(file, GPT2.formatted(prefix), kind, "merges");
        file.set("normalizer", JSON.parse("{\"type\": \"NFC\"}", kind.name()));
      }
      case QWEN2 -> replace(file, QWEN2.formatted(prefix), kind, "merges");
      case CLIP -> replace(file, CLIP.formatted(quotedJson(unknown)), kind, "merges");
      case GEMMA -> replace(file, GEMMA.formatted(quotedJson(unknown)), kind, "merges");
      case T5 -> unigram(kind, file, "always", 2);
      case MBART -> replace(file, UNIGRAM.formatted("always", 3), kind);
      case MBART50 -> mbart50(file);
      case XLM_ROBERTA ->
          unigram(kind, file, config.flag("add_prefix_space", true) ? "always" : "never", 3);
      case BERT ->
          replace(
              file,
              BERT.formatted(
                  config.flag("tokenize_chinese_chars", true),
                  config.has("strip_accents") ? config.flag("strip_accents", false) : "null",
                  config.flag("do_lower_case", true),
                  quotedJson(unknown)),
              kind);
    }
  }

  private static void llama(ObjectNode file, TokenizerConfig config) {
    boolean prefix = config.flag("add_prefix_space", true);
    String scheme = !prefix ? "never" : config.flag("legacy", false) ? "always" : "first";
    String strip =
        prefix ? ", {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}" : "";
    replace(file, LLAMA.formatted(scheme, strip), TokenizerClass.LLAMA, "merges");
  }

  private static void unigram(TokenizerClass kind, ObjectNode file, String scheme, int unknown) {
    JsonNode map = precompiled(file.path("normalizer"));
    replace(file, UNIGRAM.formatted(scheme, unknown), kind);
    file.set("normalizer", map);
  }

  /** Its pre-tokenizer does not split at white space first. */
  private static void mbart50(ObjectNode file) {
    JsonNode map = precompiled(file.path("normalizer"));
    replace(file, UNIGRAM.formatted("always", 3), TokenizerClass.MBART50);
    file.set("pre_tokenizer", file.path("pre_tokenizer").path("pretokenizers").path(1));
    ObjectNode normalizer = (ObjectNode) JSON.parse(ONE_SPACE, "MBART50");
    if (!map.isNull()) {
      ((ArrayNode) normalizer.get("normalizers")).insert(0, map);
    }
    file.set("normalizer", normalizer);
  }

  private static String quotedJson(String text) {
    return JsonNodeFactory.instance.textNode(text).toString();
  }

  private static void replace(ObjectNode file, String text, TokenizerClass kind, String... kept) {
    ObjectNode parts = (ObjectNode) JSON.parse(text, kind.name());
    ObjectNode model = (ObjectNode) parts.get("model");
    JsonNode old = file.path("model");
    if (!old.path("type").equals(model.get("type"))) {
      throw new PeftException(
          "tokenizer_class %s builds a model of type %s, but tokenizer.json has %s. Give PreTrainedTokenizerFast in tokenizer_config.json to take it as it is."
              .formatted(kind, model.get("type"), old.path("type")));
    }
    model.set("vocab", old.get("vocab"));
    for (String name : kept) {
      model.set(name, old.get(name));
    }
    file.setAll(parts);
  }

  /** The file's character map, which is all that stays of the file's normaliser. */
  private static JsonNode precompiled(JsonNode normalizer) {
    List<JsonNode> steps = new java.util.ArrayList<>();
    if (normalizer.path("type").asText().equals("Sequence")) {
      normalizer.path("normalizers").forEach(steps::add);
    } else {
      steps.add(normalizer);
    }
    return steps.stream()
        .filter(step -> step.path("type").asText().equals("Precompiled"))
        .findFirst()
        .orElse(JsonNodeFactory.instance.nullNode());
  }
}
