package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.internal.json.JsonReader;

/**
 * What a checkpoint folder's files say about tokens.
 *
 * @param ids every token's id
 * @param config {@code config.json}, which has ids of special tokens
 * @param tokenizerConfig {@code tokenizer_config.json}, which has their texts
 */
record TokenizerFiles(Map<String, Integer> ids, JsonNode config, JsonNode tokenizerConfig) {
  /** The largest vocabularies take about 40 MB. */
  private static final JsonReader JSON = JsonReader.upTo(1 << 28, 1 << 24);

  static TokenizerFiles read(Path folder) {
    return new TokenizerFiles(
        ids(json(folder.resolve("tokenizer.json"))),
        json(folder.resolve("config.json")),
        json(folder.resolve("tokenizer_config.json")));
  }

  private static JsonNode json(Path file) {
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    return JSON.read(file);
  }

  private static Map<String, Integer> ids(JsonNode tokenizer) {
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    if (vocabulary.isArray()) {
      // Unigram: pairs of text and score, in the order of their ids.
      vocabulary.forEach(pair -> ids.put(pair.path(0).asText(), ids.size()));
    } else {
      vocabulary.properties().forEach(e -> ids.put(e.getKey(), e.getValue().asInt()));
    }
    tokenizer
        .path("added_tokens")
        .forEach(token -> ids.put(token.path("content").asText(), token.path("id").asInt()));
    return ids;
  }

  int vocabularySize() {
    return ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
  }

  /** The ids of {@code bos_token}, {@code eos_token} or {@code pad_token}. */
  List<Integer> special(String name) {
    List<Integer> result = new ArrayList<>();
    JsonNode configured = config.path(name + "_id");
    if (configured.isArray()) {
      configured.forEach(id -> result.add(id.asInt()));
    } else if (configured.isInt() && configured.asInt() >= 0) {
      result.add(configured.asInt());
    }
    JsonNode text = tokenizerConfig.path(name);
    Integer known = ids.get(text.isObject() ? text.path("content").asText() : text.asText());
    if (result.isEmpty() && known != null) {
      result.add(known);
    }
    return List.copyOf(result);
  }
}
