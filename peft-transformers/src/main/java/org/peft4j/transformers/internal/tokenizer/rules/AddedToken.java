package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;

/**
 * A token that is looked for in a text before all else.
 *
 * @param normalized whether it is looked for in the normalised text; empty for "unless special"
 */
record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    Optional<Boolean> normalized,
    boolean special) {

  static AddedToken special(String content) {
    return new AddedToken(content, false, false, false, Optional.empty(), true);
  }

  static AddedToken plain(String content) {
    return new AddedToken(content, false, false, false, Optional.of(true), false);
  }

  static AddedToken read(JsonNode json, String where) {
    if (!json.path("content").isTextual()) {
      throw new PeftException(
          where + " is " + Quoted.quoted(json.toString()) + "; allowed: a token with its content.");
    }
    JsonNode normalized = json.path("normalized");
    return new AddedToken(
        json.path("content").textValue(),
        json.path("single_word").asBoolean(),
        json.path("lstrip").asBoolean(),
        json.path("rstrip").asBoolean(),
        normalized.isBoolean() ? Optional.of(normalized.booleanValue()) : Optional.empty(),
        json.path("special").asBoolean());
  }

  AddedToken asSpecial() {
    return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
  }

  /** With all that is left open decided. */
  AddedToken decided() {
    return new AddedToken(
        content, singleWord, lstrip, rstrip, Optional.of(normalized.orElse(!special)), special);
  }

  ObjectNode json(int id) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", id);
    json.put("content", content);
    json.put("single_word", singleWord);
    json.put("lstrip", lstrip);
    json.put("rstrip", rstrip);
    json.put("normalized", normalized.orElse(!special));
    json.put("special", special);
    return json;
  }
}
