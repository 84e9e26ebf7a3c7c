package org.peft4j.transformers.config;

import java.util.Optional;
import org.peft4j.kernel.Activation;

/** The config of GPT-2. */
final class Gpt2Config {
  private Gpt2Config() {}

  static ModelConfig read(ConfigFields fields) {
    fields.refuseUnless("scale_attn_weights", true);
    fields.refuseUnless("scale_attn_by_inverse_layer_idx", false);
    fields.refuseUnless("reorder_and_upcast_attn", false);
    fields.refuseUnless("add_cross_attention", false);
    fields.refuseUnless("activation_function", "gelu_new");
    int width = fields.positive("n_embd");
    int heads = fields.positive("n_head");
    fields.check(width % heads == 0, "n_head", "a divisor of n_embd " + width);
    return new ModelConfig(
        Family.GPT2,
        fields.positive("vocab_size"),
        width,
        fields.positive("n_layer"),
        fields.positive("n_positions"),
        fields.positiveNumber("layer_norm_epsilon", 1e-5),
        fields.positiveNumber("initializer_range", ModelConfig.DEFAULT_RANGE),
        fields.flag("tie_word_embeddings", true),
        new ModelConfig.Attention(heads, heads, width / heads, true, true, null),
        new ModelConfig.Mlp(
            fields.positive("n_inner", 4 * width), Activation.GELU_TANH, false, true),
        new ModelConfig.SpecialTokens(
            fields.token("bos_token_id"),
            fields.tokens("eos_token_id"),
            fields.token("pad_token_id")),
        Optional.empty());
  }
}
