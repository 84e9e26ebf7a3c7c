package org.peft4j.prompt.internal.prefix;

import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;
import org.peft4j.prompt.PromptFields;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/**
 * Which layer of a prefix's table each attention reads. Without {@code num_layers}, or with the
 * number of all attentions, each attention has one of its own, in the order of the model.
 *
 * <p>An encoder-decoder may have fewer, as in Hugging Face PEFT: then only the decoder's own tokens
 * have a prefix, and attention j of these reads layer {@code 2j mod num_layers}. (PEFT divides the
 * table among self-attention and attention to the encoder, and drops the latter's part.)
 *
 * @param attentions every attention of the model
 * @param decoder those that read in PEFT's way; empty if each has its own
 * @param count the number of layers in the table
 */
record PrefixLayers(List<Site> attentions, List<Site> decoder, int count) {
  static PrefixLayers of(List<Site> targets, PromptFields prompt) {
    List<Site> attentions =
        targets.stream().filter(site -> site.kind() == SiteKind.ATTENTION).toList();
    if (attentions.isEmpty()) {
      throw new PeftException(
          "This model has no attention that takes a prefix; prefix tuning is for transformers.");
    }
    if (targets.stream().noneMatch(site -> site.kind() == SiteKind.PROMPT)) {
      throw new PeftException(
          "This model does not begin with token embeddings that take virtual tokens, where prefix"
              + " tuning keeps its table: a model of pictures, or of pictures and texts. Use LoRA"
              + " or another method on its modules.");
    }
    List<Site> decoder =
        attentions.stream().filter(site -> site.role() == SiteRole.DECODER_ATTENTION).toList();
    int given = prompt.layers().orElse(attentions.size());
    if (decoder.isEmpty() || given == attentions.size()) {
      PromptFields.require("num_layers", prompt.layers(), attentions.size());
      return new PrefixLayers(attentions, List.of(), given);
    }
    if (given < decoder.size() || prompt.submodules().orElse(2) != 2) {
      throw new PeftException(
          "num_layers is "
              + given
              + ", num_transformer_submodules "
              + prompt.submodules().orElse(2)
              + "; allowed in this encoder-decoder: "
              + decoder.size()
              + " layers or more for prefixes of the decoder alone, as Hugging Face PEFT has them,"
              + " with 2 submodules; or "
              + attentions.size()
              + " for all attentions.");
    }
    return new PrefixLayers(attentions, decoder, given);
  }

  /** The width of keys, and of values. */
  long width() {
    Site first = attentions.get(0);
    return first.inputs() * first.outputs();
  }

  /** The layer that an attention reads; empty if it has no prefix. */
  OptionalInt of(Site attention) {
    if (decoder.isEmpty()) {
      return OptionalInt.of(attentions.indexOf(attention));
    }
    int index = decoder.indexOf(attention);
    return index < 0 ? OptionalInt.empty() : OptionalInt.of(2 * index % count);
  }
}
