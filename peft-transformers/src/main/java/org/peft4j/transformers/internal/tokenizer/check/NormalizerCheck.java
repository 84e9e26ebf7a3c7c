package org.peft4j.transformers.internal.tokenizer.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.peft4j.transformers.internal.tokenizer.check.Steps.Nesting;

/** Checks {@code normalizer}, and by how much its steps make a text longer. */
final class NormalizerCheck {
  private static final String KINDS =
      "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend,"
          + " Replace, Sequence, Strip, StripAccents.";

  private final Effort effort;
  private final Nesting nesting = new Nesting();
  private Removal removal = Removal.NOTHING;

  /** What a normalizer can take out of a text. */
  enum Removal {
    NOTHING,
    /** Spaces, marks and control characters. */
    SPACES_AND_MARKS,
    ANYTHING
  }

  NormalizerCheck(Effort effort) {
    this.effort = effort;
  }

  Removal removal() {
    return removal;
  }

  private void removes(Removal more) {
    removal = more.compareTo(removal) > 0 ? more : removal;
  }

  void check(JsonNode node, String where) {
    Fields step = Fields.of(node, where);
    String kind = step.text("type");
    switch (kind) {
      case "Sequence" -> sequence(step);
      case "NFC" -> effort.grow(3, where);
      case "NFD" -> effort.grow(4, where);
      case "NFKC", "NFKD" -> effort.grow(18, where);
      case "Lowercase" -> effort.grow(3, where);
      case "StripAccents", "Nmt" -> removes(Removal.SPACES_AND_MARKS);
      case "Strip" -> {
        step.flag("strip_left", true);
        step.flag("strip_right", true);
        removes(Removal.SPACES_AND_MARKS);
      }
      case "BertNormalizer" -> bert(step);
      case "ByteLevel" -> effort.grow(4, where);
      case "Prepend" -> {
        String prefix = step.text("prepend");
        if (prefix.isEmpty()) {
          throw step.problem("prepend", "a text of at least one character");
        }
        // Before every part between added tokens, which may be of one character.
        effort.grow(1 + prefix.codePointCount(0, prefix.length()), where);
      }
      case "Replace" -> {
        if (Patterns.replacement(step, effort).isEmpty()) {
          removes(Removal.ANYTHING);
        }
      }
      case "Precompiled" -> precompiled(step);
      default -> throw step.unknownKind(kind, KINDS);
    }
    step.end();
  }

  private void sequence(Fields step) {
    List<JsonNode> steps = nesting.enter(step, "normalizers");
    for (int i = 0; i < steps.size(); i++) {
      check(steps.get(i), step.at("normalizers[" + i + "]"));
    }
    nesting.leave();
  }

  private void bert(Fields step) {
    removes(Removal.SPACES_AND_MARKS);
    step.flag("clean_text", true);
    boolean accents = step.flag("strip_accents", false);
    // A space on both sides of each ideograph; the marks are taken off after they were parted.
    effort.grow(step.flag("handle_chinese_chars", true) ? 3 : 1, step.where());
    boolean lowercase = step.flag("lowercase", true);
    effort.grow(accents || lowercase ? 4 : 1, step.where());
  }

  private void precompiled(Fields step) {
    JsonNode map = step.node("precompiled_charsmap");
    if (!map.isTextual()) {
      throw step.problem("precompiled_charsmap", "a text in Base64");
    }
    PrecompiledMap.Lengths lengths =
        PrecompiledMap.lengths(map.textValue(), step.at("precompiled_charsmap"));
    effort.grow(lengths.longest(), step.where());
    if (lengths.shortest() == 0) {
      removes(Removal.SPACES_AND_MARKS);
    }
  }
}
