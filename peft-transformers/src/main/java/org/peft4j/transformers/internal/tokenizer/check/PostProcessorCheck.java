package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.tokenizer.check.Steps.Nesting;

/** Checks {@code post_processor}: all that its templates name is there. */
final class PostProcessorCheck {
  private static final String KINDS =
      "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing.";
  private static final int MAX_PIECES = 100;

  private final Set<Integer> ids;
  private final Nesting nesting = new Nesting();
  private boolean templated;

  /**
   * A check.
   *
   * @param ids those of the vocabulary
   */
  PostProcessorCheck(Set<Integer> ids) {
    this.ids = ids;
  }

  void check(JsonNode node, String where) {
    Fields step = Fields.of(node, where);
    String kind = step.text("type");
    switch (kind) {
      case "Sequence" -> {
        List<JsonNode> steps = nesting.enter(step, "processors");
        for (int i = 0; i < steps.size(); i++) {
          check(steps.get(i), step.at("processors[" + i + "]"));
        }
        nesting.leave();
      }
      case "ByteLevel" -> {
        step.flag("add_prefix_space", true);
        step.flag("trim_offsets", true);
        step.flag("use_regex", true);
      }
      case "BertProcessing" -> pairs(step);
      case "RobertaProcessing" -> {
        pairs(step);
        step.flag("trim_offsets", true);
        step.flag("add_prefix_space", true);
      }
      case "TemplateProcessing" -> template(step);
      default -> throw step.unknownKind(kind, KINDS);
    }
    step.end();
  }

  private void pairs(Fields step) {
    for (String name : List.of("sep", "cls")) {
      List<JsonNode> pair = step.list(name, 2);
      if (pair.size() != 2 || !pair.get(0).isTextual()) {
        throw step.problem(name, "a token's text and its id");
      }
      WholeText.require(pair.get(0).textValue(), step.at(name));
      requireKnown(pair.get(1), step.at(name + "[1]"));
    }
  }

  private void template(Fields step) {
    if (templated) {
      throw step.problem("type", "one template in a Sequence, as it takes what a text is made of");
    }
    templated = true;
    Set<String> special = new TreeSet<>();
    step.object("special_tokens").ifPresent(tokens -> special.addAll(specialTokens(step, tokens)));
    pieces(step, "single", special, Set.of("A"));
    pieces(step, "pair", special, Set.of("A", "B"));
  }

  private Set<String> specialTokens(Fields step, Fields tokens) {
    Set<String> names = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : step.node("special_tokens").properties()) {
      WholeText.require(entry.getKey(), tokens.where());
      Fields token =
          Fields.of(
              tokens.node(entry.getKey()), tokens.where() + "[" + quoted(entry.getKey()) + "]");
      if (!token.text("id").equals(entry.getKey())) {
        throw token.problem("id", "the name that it has in the list");
      }
      List<JsonNode> numbers = token.list("ids", MAX_PIECES);
      List<JsonNode> texts = token.list("tokens", MAX_PIECES);
      if (numbers.size() != texts.size() || numbers.isEmpty()) {
        throw token.problem("ids", "as many as tokens, and one at least");
      }
      numbers.forEach(id -> requireKnown(id, token.at("ids")));
      texts.forEach(
          text -> {
            if (!text.isTextual()) {
              throw token.problem("tokens", "a list of texts");
            }
            WholeText.require(text.textValue(), token.at("tokens"));
          });
      token.end();
      names.add(entry.getKey());
    }
    tokens.end();
    return names;
  }

  private static void pieces(Fields step, String name, Set<String> special, Set<String> sequences) {
    List<JsonNode> pieces = step.list(name, MAX_PIECES);
    int texts = 0;
    for (int i = 0; i < pieces.size(); i++) {
      Fields piece = Fields.of(pieces.get(i), step.at(name + "[" + i + "]"));
      if (piece.object("Sequence").isPresent()) {
        Fields sequence = piece.object("Sequence").orElseThrow();
        sequence.oneOf("id", sequences.stream().sorted().toArray(String[]::new));
        sequence.integer("type_id", 0, Integer.MAX_VALUE);
        sequence.end();
        texts++;
      } else {
        Fields token =
            piece
                .object("SpecialToken")
                .orElseThrow(() -> piece.problem("SpecialToken", "it, or a Sequence"));
        if (!special.contains(token.text("id"))) {
          throw token.problem("id", "one of the template's special_tokens, " + special);
        }
        token.integer("type_id", 0, Integer.MAX_VALUE);
        token.end();
      }
      piece.end();
    }
    if (name.equals("single") && texts != 1) {
      throw step.problem(name, "the sequence A once, with special tokens around it");
    }
  }

  private void requireKnown(JsonNode id, String where) {
    if (!id.isIntegralNumber() || !id.canConvertToInt() || !ids.contains(id.intValue())) {
      throw new PeftException(
          where
              + " is "
              + quoted(id.toString())
              + "; allowed: the id of a token of the vocabulary.");
    }
  }
}
