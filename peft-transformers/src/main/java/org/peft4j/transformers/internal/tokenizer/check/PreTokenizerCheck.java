package org.peft4j.transformers.internal.tokenizer.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.peft4j.transformers.internal.tokenizer.check.Steps.Nesting;

/** Checks {@code pre_tokenizer}, and what its expressions cost. */
final class PreTokenizerCheck {
  private static final String KINDS =
      "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace,"
          + " Punctuation, Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit.";
  private static final String[] BEHAVIORS = {
    "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"
  };

  private final Effort effort;
  private final Nesting nesting = new Nesting();

  PreTokenizerCheck(Effort effort) {
    this.effort = effort;
  }

  void check(JsonNode node, String where) {
    Fields step = Fields.of(node, where);
    String kind = step.text("type");
    switch (kind) {
      case "Sequence" -> sequence(step);
      case "ByteLevel" -> byteLevel(step);
      case "Metaspace" -> metaspace(step);
      case "Split" -> {
        Patterns.read(step, effort);
        step.oneOf("behavior", BEHAVIORS);
        step.flag("invert", false);
      }
      case "Punctuation" -> {
        if (!step.node("behavior").isMissingNode()) {
          step.oneOf("behavior", BEHAVIORS);
        }
      }
      case "Digits" -> step.flag("individual_digits", false);
      case "CharDelimiterSplit" -> step.character("delimiter");
      case "FixedLength" -> {
        if (step.integer("length", 1, 1 << 20).isEmpty()) {
          throw step.problem("length", "an integer from 1");
        }
      }
      case "BertPreTokenizer", "UnicodeScripts", "Whitespace", "WhitespaceSplit" -> {}
      default -> throw step.unknownKind(kind, KINDS);
    }
    step.end();
  }

  private void sequence(Fields step) {
    List<JsonNode> steps = nesting.enter(step, "pretokenizers");
    for (int i = 0; i < steps.size(); i++) {
      check(steps.get(i), step.at("pretokenizers[" + i + "]"));
    }
    nesting.leave();
  }

  private void byteLevel(Fields step) {
    step.flag("trim_offsets", true);
    if (step.flag("add_prefix_space", true)) {
      effort.grow(2, step.where());
    }
    if (step.flag("use_regex", true)) {
      effort.match(Expression.BYTE_LEVEL);
    }
    effort.grow(4, step.where());
  }

  private void metaspace(Fields step) {
    step.character("replacement");
    step.flag("add_prefix_space", true);
    step.flag("split", true);
    step.optionalText("str_rep");
    if (!step.node("prepend_scheme").isMissingNode()) {
      step.oneOf("prepend_scheme", "always", "first", "never");
    }
    effort.grow(2, step.where());
  }
}
