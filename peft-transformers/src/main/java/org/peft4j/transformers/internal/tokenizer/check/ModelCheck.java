package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.peft4j.error.PeftException;

/** Checks {@code model}: its vocabulary, and the merges that go with it. */
final class ModelCheck {
  private static final int MAX_TOKENS = 1 << 22;
  private static final int MAX_ID = Integer.MAX_VALUE - 1;
  private static final double MAX_SCORE = 1e9;

  /** WordPiece tries all parts of a word. */
  private static final int MAX_WORD = 200;

  private final Fields model;

  private ModelCheck(Fields model) {
    this.model = model;
  }

  /** Checks a model and gives its vocabulary. */
  static Map<String, Integer> check(JsonNode node, String where) {
    Fields model = Fields.of(node, where);
    String kind = model.text("type");
    ModelCheck check = new ModelCheck(model);
    Map<String, Integer> vocabulary =
        switch (kind) {
          case "BPE" -> check.bytePairs();
          case "Unigram" -> check.unigram();
          case "WordPiece" -> check.wordPiece();
          case "WordLevel" -> check.wordLevel();
          default -> throw model.unknownKind(kind, "BPE, Unigram, WordLevel, WordPiece.");
        };
    model.end();
    return vocabulary;
  }

  private Map<String, Integer> bytePairs() {
    JsonNode dropout = model.node("dropout");
    if (!dropout.isMissingNode() && !(dropout.isNumber() && dropout.doubleValue() == 0)) {
      throw model.problem("dropout", "null or 0, as others make ids a matter of chance");
    }
    model.optionalText("unk_token");
    model.optionalText("end_of_word_suffix");
    model.flag("fuse_unk", false);
    model.flag("byte_fallback", false);
    model.flag("ignore_merges", false);
    Map<String, Integer> vocabulary = vocabulary();
    merges(vocabulary.keySet(), model.optionalText("continuing_subword_prefix").orElse(""));
    return vocabulary;
  }

  private void merges(Set<String> tokens, String prefix) {
    if (!(model.node("merges") instanceof ArrayNode merges) || merges.size() > MAX_TOKENS) {
      throw model.problem("merges", "a list of pairs, up to " + MAX_TOKENS);
    }
    for (int i = 0; i < merges.size(); i++) {
      String where = "merges[" + i + "]";
      String[] pair = pair(merges.get(i), where);
      if (!prefix.isEmpty() && !pair[1].startsWith(prefix)) {
        throw broken(
            where, pair, "has a second part without the prefix " + quoted(prefix) + " of its kind");
      }
      String merged = pair[0] + pair[1].substring(prefix.length());
      for (String token : new String[] {pair[0], pair[1], merged}) {
        if (!tokens.contains(token)) {
          throw broken(where, pair, "needs " + quoted(token) + ", which is not in the vocabulary");
        }
      }
    }
  }

  private String[] pair(JsonNode merge, String where) {
    if (merge.isArray()
        && merge.size() == 2
        && merge.get(0).isTextual()
        && merge.get(1).isTextual()) {
      return new String[] {merge.get(0).textValue(), merge.get(1).textValue()};
    }
    String[] parts = merge.isTextual() ? merge.textValue().split(" ", -1) : new String[0];
    if (parts.length != 2) {
      throw new PeftException(
          model.at(where) + " is " + quoted(merge.toString()) + "; allowed: two tokens.");
    }
    return parts;
  }

  private PeftException broken(String where, String[] pair, String what) {
    return new PeftException(
        "%s of %s and %s %s. The file is damaged."
            .formatted(model.at(where), quoted(pair[0]), quoted(pair[1]), what));
  }

  private Map<String, Integer> unigram() {
    model.flag("byte_fallback", false);
    if (!(model.node("vocab") instanceof ArrayNode pairs)
        || pairs.isEmpty()
        || pairs.size() > MAX_TOKENS) {
      throw model.problem("vocab", "a list of pairs of text and score, 1 to " + MAX_TOKENS);
    }
    if (model.integer("unk_id", 0, pairs.size() - 1).isEmpty()) {
      throw model.problem("unk_id", "the place of the unknown token in the vocabulary");
    }
    Map<String, Integer> vocabulary = new HashMap<>();
    for (int id = 0; id < pairs.size(); id++) {
      JsonNode pair = pairs.get(id);
      String where = model.at("vocab[" + id + "]");
      if (!pair.isArray()
          || pair.size() != 2
          || !pair.get(0).isTextual()
          || !pair.get(1).isNumber()
          || !(Math.abs(pair.get(1).doubleValue()) <= MAX_SCORE)) {
        throw new PeftException(
            where + " is " + quoted(pair.toString()) + "; allowed: a text and a finite score.");
      }
      add(vocabulary, pair.get(0).textValue(), id, where);
    }
    return vocabulary;
  }

  private Map<String, Integer> wordPiece() {
    model.text("unk_token");
    model.optionalText("continuing_subword_prefix");
    model.integer("max_input_chars_per_word", 1, MAX_WORD);
    return vocabulary();
  }

  private Map<String, Integer> wordLevel() {
    model.text("unk_token");
    return vocabulary();
  }

  private Map<String, Integer> vocabulary() {
    if (!(model.node("vocab") instanceof ObjectNode object) || object.size() > MAX_TOKENS) {
      throw model.problem("vocab", "an object of tokens and ids, up to " + MAX_TOKENS);
    }
    Map<String, Integer> vocabulary = new HashMap<>();
    Set<Integer> ids = new HashSet<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      String where = model.at("vocab[" + quoted(entry.getKey()) + "]");
      JsonNode id = entry.getValue();
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() > MAX_ID
          || !ids.add(id.intValue())) {
        throw new PeftException(
            where
                + " is "
                + quoted(id.toString())
                + "; allowed: an id of its own, 0 to "
                + MAX_ID
                + ".");
      }
      add(vocabulary, entry.getKey(), id.intValue(), where);
    }
    return vocabulary;
  }

  private static void add(Map<String, Integer> vocabulary, String token, int id, String where) {
    if (token.length() > Fields.MAX_TEXT) {
      throw new PeftException(
          "%s has a token of %,d characters; allowed: up to %,d."
              .formatted(where, token.length(), Fields.MAX_TEXT));
    }
    WholeText.require(token, where);
    vocabulary.put(token, id);
  }
}
