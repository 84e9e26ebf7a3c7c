package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.internal.tokenizer.check.NormalizerCheck.Removal;

/**
 * Checks a whole {@code tokenizer.json}. The native library ends the process where it meets what it
 * does not expect, so that nothing may reach it that is not described here.
 */
public final class TokenizerCheck {
  private static final int MAX_ADDED = 1 << 16;

  private TokenizerCheck() {}

  /**
   * Checks a file's content.
   *
   * @param where the file, for messages
   * @return the most characters of a text that its steps may be given
   * @throws org.peft4j.error.PeftException if a kind, a field or a value is not known or allowed;
   *     with its name
   */
  public static int longestText(ObjectNode json, String where) {
    Fields file = Fields.of(json, where);
    Effort effort = new Effort();
    if (!"1.0".equals(file.text("version"))) {
      throw file.problem("version", "\"1.0\"");
    }
    Map<String, Integer> vocabulary = ModelCheck.check(file.node("model"), file.at("model"));
    Set<Integer> ids = new HashSet<>(vocabulary.values());
    NormalizerCheck normalizer = new NormalizerCheck(effort);
    present(file, "normalizer", normalizer::check);
    addedTokens(file, ids, effort, normalizer.removal());
    present(file, "pre_tokenizer", new PreTokenizerCheck(effort)::check);
    present(file, "post_processor", new PostProcessorCheck(ids)::check);
    present(file, "decoder", new DecoderCheck()::check);
    file.object("truncation").ifPresent(TokenizerCheck::truncation);
    file.object("padding").ifPresent(TokenizerCheck::padding);
    file.end();
    return effort.longestText();
  }

  private interface Check {
    void check(JsonNode node, String where);
  }

  private static void present(Fields file, String name, Check check) {
    JsonNode node = file.node(name);
    if (!node.isMissingNode()) {
      check.check(node, file.at(name));
    }
  }

  private static void addedTokens(Fields file, Set<Integer> ids, Effort effort, Removal removal) {
    if (file.node("added_tokens").isMissingNode()) {
      return;
    }
    List<JsonNode> tokens = file.list("added_tokens", MAX_ADDED);
    for (int i = 0; i < tokens.size(); i++) {
      Fields token = Fields.of(tokens.get(i), file.at("added_tokens[" + i + "]"));
      ids.add(
          token
              .integer("id", 0, Integer.MAX_VALUE - 1)
              .orElseThrow(() -> token.problem("id", "an integer")));
      String content = token.text("content");
      if (content.isEmpty()) {
        throw token.problem("content", "a text of at least one character");
      }
      boolean looksBack = token.flag("single_word", false);
      looksBack |= token.flag("lstrip", false);
      token.flag("rstrip", false);
      if (token.flag("normalized", true) && canVanish(content, removal)) {
        throw token.problem(
            "normalized", "false, as the normalizer can leave nothing of " + quoted(content));
      }
      token.flag("special", false);
      token.end();
      // Of each one found, all that stands before it is looked through.
      if (looksBack) {
        effort.squareTime();
      }
    }
  }

  /** A token without a character would be found everywhere, in the middle of characters too. */
  private static boolean canVanish(String content, Removal removal) {
    return switch (removal) {
      case NOTHING -> false;
      case SPACES_AND_MARKS -> content.chars().noneMatch(c -> c > ' ' && c < 0x7f);
      case ANYTHING -> true;
    };
  }

  private static void truncation(Fields truncation) {
    truncation.oneOf("direction", "Left", "Right");
    truncation.integer("max_length", 0, Integer.MAX_VALUE);
    truncation.oneOf("strategy", "LongestFirst", "OnlyFirst", "OnlySecond");
    truncation.integer("stride", 0, Integer.MAX_VALUE);
    truncation.end();
  }

  private static void padding(Fields padding) {
    JsonNode strategy = padding.node("strategy");
    if (strategy.isObject()) {
      Fields fixed = Fields.of(strategy, padding.at("strategy"));
      fixed.integer("Fixed", 0, Integer.MAX_VALUE);
      fixed.end();
    } else {
      padding.oneOf("strategy", "BatchLongest");
    }
    padding.oneOf("direction", "Left", "Right");
    padding.integer("pad_to_multiple_of", 0, Integer.MAX_VALUE);
    padding.integer("pad_id", 0, Integer.MAX_VALUE);
    padding.integer("pad_type_id", 0, Integer.MAX_VALUE);
    padding.text("pad_token");
    padding.end();
  }
}
