"""Each family of decoders again, of odd sizes and with the other kind of head: of its own where those of bases_decoders are tied, and tied where they are not."""

import setting  # first: sets the environment

from bases_decoders import TOKENS, gated, gpt, plain
from transformers import AutoConfig

ODD = dict(vocab_size=59, hidden_size=21, intermediate_size=19, num_attention_heads=3, num_key_value_heads=1)
"""For heads of a size of their own."""

EVEN_HEADS = {**ODD, "hidden_size": 18}
"""Where a head's size is that of its share, whose halves rotate."""

ODD_GPT = dict(vocab_size=59, n_embd=21, n_head=3, n_inner=19)


def opt(**fields) -> dict:
    sizes = dict(num_hidden_layers=2, hidden_size=21, word_embed_proj_dim=21, ffn_dim=19, num_attention_heads=3, max_position_embeddings=61)
    return dict(config=AutoConfig.for_model("opt", **{**TOKENS, **sizes, "vocab_size": 59, **fields}))


ALL: dict[str, dict] = {
    "mistral_odd": gated("mistral", **ODD, head_dim=6, sliding_window=4, tie_word_embeddings=True),
    "qwen2_odd": gated("qwen2", **EVEN_HEADS, tie_word_embeddings=False),
    "qwen3_odd": gated("qwen3", **ODD, head_dim=6, tie_word_embeddings=False),
    "gemma_odd": gated("gemma", **ODD, head_dim=6, tie_word_embeddings=True),
    "gemma2_odd": gated("gemma2", **ODD, head_dim=6, sliding_window=4, query_pre_attn_scalar=7, tie_word_embeddings=False),
    "gemma3_odd": gated("gemma3_text", **ODD, head_dim=6, sliding_window=4, query_pre_attn_scalar=7, tie_word_embeddings=False),
    "phi3_odd": gated("phi3", **EVEN_HEADS, tie_word_embeddings=False),
    "granite_odd": gated("granite", **EVEN_HEADS, embedding_multiplier=1.7, attention_multiplier=0.4, logits_scaling=1.3, tie_word_embeddings=False),
    "olmo2_odd": gated("olmo2", **EVEN_HEADS, tie_word_embeddings=True),
    "smollm3_odd": gated("smollm3", **EVEN_HEADS, no_rope_layers=[0, 1], tie_word_embeddings=False),
    "starcoder2_odd": gated("starcoder2", **EVEN_HEADS, use_bias=False, tie_word_embeddings=False),
    "phi_odd": gated("phi", **EVEN_HEADS, partial_rotary_factor=0.7, tie_word_embeddings=True),
    "gpt_neox_odd": plain("gpt_neox", vocab_size=59, rotary_pct=0.7, hidden_size=18, num_attention_heads=3, intermediate_size=19, tie_word_embeddings=True),
    "gptj_odd": gpt("gptj", **{**ODD_GPT, "n_embd": 15}, rotary_dim=4, tie_word_embeddings=True),
    "gpt_neo_odd": dict(
        config=AutoConfig.for_model(
            "gpt_neo",
            **{**TOKENS, "vocab_size": 59},
            hidden_size=21,
            num_layers=2,
            num_heads=3,
            max_position_embeddings=61,
            window_size=4,
            intermediate_size=19,
            attention_types=[[["local", "global"], 1]],
            tie_word_embeddings=False,
        )
    ),
    "bloom_odd": dict(config=AutoConfig.for_model("bloom", **{**TOKENS, "vocab_size": 59}, hidden_size=21, n_layer=2, n_head=3, tie_word_embeddings=False)),
    "falcon_odd": plain("falcon", vocab_size=59, hidden_size=18, num_attention_heads=3, ffn_hidden_size=19, multi_query=False, tie_word_embeddings=False),
    "gpt_bigcode_odd": gpt("gpt_bigcode", **ODD_GPT, tie_word_embeddings=False),
    "gpt2_odd": gpt("gpt2", **ODD_GPT, tie_word_embeddings=False),
    "opt_odd": opt(tie_word_embeddings=False),
    "llama_odd": gated("llama", **ODD, head_dim=6, tie_word_embeddings=True),
}
