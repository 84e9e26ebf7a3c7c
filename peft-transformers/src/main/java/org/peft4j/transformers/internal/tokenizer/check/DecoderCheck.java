package org.peft4j.transformers.internal.tokenizer.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.peft4j.transformers.internal.tokenizer.check.Steps.Nesting;

/** Checks {@code decoder}, and by how much its steps make a text longer. */
final class DecoderCheck {
  private static final String KINDS =
      "BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece.";

  private final Effort effort = new Effort();
  private final Nesting nesting = new Nesting();

  void check(JsonNode node, String where) {
    Fields step = Fields.of(node, where);
    String kind = step.text("type");
    switch (kind) {
      case "Sequence" -> sequence(step);
      case "ByteFallback", "Fuse" -> {}
      case "ByteLevel" -> {
        step.flag("add_prefix_space", true);
        step.flag("trim_offsets", true);
        step.flag("use_regex", true);
      }
      case "Metaspace" -> {
        step.character("replacement");
        step.flag("add_prefix_space", true);
        step.flag("split", true);
        step.optionalText("str_rep");
        if (!step.node("prepend_scheme").isMissingNode()) {
          step.oneOf("prepend_scheme", "always", "first", "never");
        }
      }
      case "WordPiece" -> {
        step.text("prefix");
        step.flag("cleanup", true);
      }
      case "BPEDecoder" -> {
        if (step.text("suffix").isEmpty()) {
          throw step.problem("suffix", "a text of at least one character");
        }
      }
      case "Replace" -> Patterns.replacement(step, effort);
      case "Strip" -> {
        step.character("content");
        step.integer("start", 0, Fields.MAX_TEXT);
        // The library looks for them in front of a shorter token too.
        step.integer("stop", 0, 0);
      }
      default -> throw step.unknownKind(kind, KINDS);
    }
    step.end();
  }

  private void sequence(Fields step) {
    List<JsonNode> steps = nesting.enter(step, "decoders");
    for (int i = 0; i < steps.size(); i++) {
      check(steps.get(i), step.at("decoders[" + i + "]"));
    }
    nesting.leave();
  }
}
