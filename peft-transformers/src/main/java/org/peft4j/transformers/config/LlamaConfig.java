package org.peft4j.transformers.config;

import java.util.Optional;
import org.peft4j.kernel.Activation;

/** The config of Llama and its kin: Mistral and Qwen2. */
final class LlamaConfig {
  private LlamaConfig() {}

  static ModelConfig read(Family family, ConfigFields fields) {
    fields.refuseUnless("hidden_act", "silu");
    int width = fields.positive("hidden_size");
    int heads = fields.positive("num_attention_heads");
    int keyValueHeads =
        fields.positive("num_key_value_heads", family == Family.MISTRAL ? 8 : heads);
    int headSize = fields.positive("head_dim", width / heads);
    int maxPositions = fields.positive("max_position_embeddings");
    fields.check(
        heads % keyValueHeads == 0,
        "num_key_value_heads",
        "a divisor of num_attention_heads " + heads);
    fields.check(
        headSize % 2 == 0 && headSize > 0, "head_dim", "an even number, as rotary positions need");
    refuseWindows(family, fields, maxPositions);
    boolean bias = family == Family.LLAMA && fields.flag("attention_bias", false);
    return new ModelConfig(
        family,
        fields.positive("vocab_size"),
        width,
        fields.positive("num_hidden_layers"),
        maxPositions,
        fields.positiveNumber("rms_norm_eps", 1e-6),
        fields.positiveNumber("initializer_range", ModelConfig.DEFAULT_RANGE),
        fields.flag("tie_word_embeddings", false),
        new ModelConfig.Attention(
            heads,
            keyValueHeads,
            headSize,
            bias || family == Family.QWEN2,
            bias,
            RotaryConfig.read(fields, maxPositions)),
        new ModelConfig.Mlp(
            fields.positive("intermediate_size"),
            Activation.SILU,
            true,
            family == Family.LLAMA && fields.flag("mlp_bias", false)),
        new ModelConfig.SpecialTokens(
            fields.token("bos_token_id"),
            fields.tokens("eos_token_id"),
            fields.token("pad_token_id")),
        Optional.empty());
  }

  private static void refuseWindows(Family family, ConfigFields fields, int maxPositions) {
    if (family == Family.MISTRAL) {
      // Hugging Face's default for an absent field is a window of 4096; null means none.
      boolean whole =
          fields.isNull("sliding_window")
              || fields.positive("sliding_window", 4096) >= maxPositions;
      fields.check(
          whole,
          "sliding_window",
          "null, or at least max_position_embeddings "
              + maxPositions
              + " (attention to a window is not supported)");
    }
    if (family == Family.QWEN2) {
      fields.refuseUnless("use_sliding_window", false);
    }
    fields.refuseUnless("pretraining_tp", 1);
  }
}
