package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tokens beside a model's vocabulary. As the tokenizers library does it, a token that the
 * vocabulary has keeps its id, and a new one gets the next that is free; the id in the file does
 * not count. A token that is added again takes the newer flags.
 */
final class AddedVocabulary {
  private final Map<String, Integer> vocabulary;
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new LinkedHashMap<>();

  AddedVocabulary(Map<String, Integer> vocabulary) {
    this.vocabulary = vocabulary;
  }

  void add(AddedToken token) {
    if (token.content().isEmpty()) {
      return;
    }
    Integer known = ids.getOrDefault(token.content(), vocabulary.get(token.content()));
    ids.put(token.content(), known == null ? next() : known);
    tokens.put(token.content(), token.decided());
  }

  private int next() {
    int highest = ids.isEmpty() ? -1 : Collections.max(ids.values());
    return Math.max(highest + 1, vocabulary.size());
  }

  Set<String> contents() {
    return tokens.keySet();
  }

  /** The ids of all tokens: the vocabulary's, and the added ones'. */
  Map<String, Integer> allIds() {
    Map<String, Integer> all = new LinkedHashMap<>(vocabulary);
    all.putAll(ids);
    return all;
  }

  /** The list of a {@code tokenizer.json}, in the order of ids. */
  ArrayNode json() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    List<AddedToken> ordered =
        tokens.values().stream().sorted((a, b) -> Integer.compare(id(a), id(b))).toList();
    ordered.forEach(token -> list.add(token.json(id(token))));
    return list;
  }

  private int id(AddedToken token) {
    return ids.getOrDefault(token.content(), 0);
  }
}
