package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.internal.family.ConfigFields;

/** What configs and checkpoints of GPT-2 and its descendants have in common. */
final class GptFields {
  private GptFields() {}

  /** Reads second names of fields, and those that change nothing here. */
  static void read(ConfigFields fields) {
    fields.alias("hidden_size", "n_embd");
    fields.alias("max_position_embeddings", "n_positions");
    fields.alias("num_attention_heads", "n_head");
    fields.alias("num_hidden_layers", "n_layer");
    fields.ignore("attn_pdrop", "embd_pdrop", "resid_pdrop", "n_ctx", "gradient_checkpointing");
    summary(fields);
  }

  /** Fields of a multiple-choice head. */
  static void summary(ConfigFields fields) {
    fields.ignore(
        "summary_activation",
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj");
  }

  /**
   * The keys of causal masks and their fill values, which old checkpoints store.
   *
   * @param attention the module that has them, after a block's name
   */
  static Set<String> masks(List<BlockPart> blocks, String attention) {
    return blocks.stream()
        .flatMap(
            block ->
                Stream.of(".bias", ".masked_bias").map(name -> block.name() + attention + name))
        .collect(Collectors.toSet());
  }
}
