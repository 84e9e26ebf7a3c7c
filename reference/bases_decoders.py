"""The base checkpoints of decoders beyond Llama, GPT-2 and OPT: the fields of bases.Base."""

import setting  # first: sets the environment

import torch
from transformers import AutoConfig

TOKENS = dict(vocab_size=56, bos_token_id=1, eos_token_id=2, pad_token_id=0, attn_implementation="eager")
GATED = dict(
    **TOKENS,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
)
LONG_ROPE = dict(short_factor=[1.0, 1.2, 1.5], long_factor=[1.5, 2.5, 4.0])


def gated(model_type: str, **fields) -> dict:
    return dict(config=AutoConfig.for_model(model_type, **{**GATED, **fields}))


GEMMA2 = dict(head_dim=6, query_pre_attn_scalar=10, sliding_window=3, attn_logit_softcapping=2.0, final_logit_softcapping=5.0)
GEMMA3 = dict(head_dim=6, query_pre_attn_scalar=10, sliding_window=3, final_logit_softcapping=8.0)
GEMMA3_LAYOUT = {
    "rope_theta": 500.0,
    "rope_local_base_freq": 100.0,
    "rope_scaling": {"rope_type": "linear", "factor": 2.0},
    "sliding_window_pattern": 2,
    "torch_dtype": "float32",
}

PLAIN = dict(**TOKENS, hidden_size=16, num_hidden_layers=2, num_attention_heads=4)
GPT = dict(**TOKENS, n_embd=16, n_layer=2, n_head=4, n_positions=64)


def plain(model_type: str, **fields) -> dict:
    return dict(config=AutoConfig.for_model(model_type, **{**PLAIN, **fields}))


def gpt(model_type: str, **fields) -> dict:
    return dict(config=AutoConfig.for_model(model_type, **{**GPT, **fields}))


ALL: dict[str, dict] = {
    "qwen3": gated("qwen3", head_dim=6, tie_word_embeddings=True),
    "qwen3_window": gated(
        "qwen3", head_dim=4, attention_bias=True, use_sliding_window=True, sliding_window=3, max_window_layers=1, tie_word_embeddings=False
    ),
    "gemma": gated("gemma", head_dim=6, num_key_value_heads=1, tie_word_embeddings=False),
    "gemma2": gated("gemma2", **GEMMA2),
    "gemma2_classifier": {**gated("gemma2", **GEMMA2, num_labels=3), "classifier": True},
    "gemma3": {
        **gated(
            "gemma3_text",
            **GEMMA3,
            layer_types=["sliding_attention", "full_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
            },
        ),
        "legacy": GEMMA3_LAYOUT,
    },
    "phi3": gated("phi3", num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=0.75, tie_word_embeddings=True),
    "phi3_long": {
        **gated(
            "phi3",
            num_attention_heads=2,
            num_key_value_heads=2,
            sliding_window=4,
            original_max_position_embeddings=5,
            partial_rotary_factor=0.75,
            rope_parameters={"rope_type": "longrope", "rope_theta": 100.0, "partial_rotary_factor": 0.75, **LONG_ROPE},
        ),
        "legacy": {
            "rope_theta": 100.0,
            "partial_rotary_factor": 0.75,
            "rope_scaling": {"type": "longrope", **LONG_ROPE},
            "torch_dtype": "float32",
        },
    },
    "granite": gated(
        "granite",
        embedding_multiplier=3.0,
        residual_multiplier=0.6,
        attention_multiplier=0.3,
        logits_scaling=2.5,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=True,
    ),
    "olmo2": gated("olmo2"),
    "smollm3": gated("smollm3", no_rope_layers=[1, 0], use_sliding_window=True, sliding_window=3),
    "phi": gated("phi", num_attention_heads=2, num_key_value_heads=1, qk_layernorm=True),
    "gpt_neox": plain("gpt_neox", num_attention_heads=2, intermediate_size=24),
    "gpt_neox_series": {
        **plain("gpt_neox", num_attention_heads=2, intermediate_size=24, use_parallel_residual=False, attention_bias=False),
        "legacy": {"rotary_pct": 0.5, "rotary_emb_base": 100, "rope_scaling": {"type": "linear", "factor": 2.0}, "torch_dtype": "float32"},
    },
    "gpt_neox_classifier": {**plain("gpt_neox", num_attention_heads=2, intermediate_size=24, num_labels=3), "classifier": True},
    "gptj": gpt("gptj", n_head=2, rotary_dim=6, n_inner=24),
    "gpt_neo": dict(
        config=AutoConfig.for_model(
            "gpt_neo",
            **TOKENS,
            hidden_size=16,
            num_layers=2,
            num_heads=4,
            max_position_embeddings=64,
            window_size=3,
            intermediate_size=24,
            attention_types=[[["global", "local"], 1]],
        )
    ),
    "bloom": dict(config=AutoConfig.for_model("bloom", **TOKENS, hidden_size=18, n_layer=2, n_head=3)),
    "falcon": plain("falcon", ffn_hidden_size=24),
    "falcon_new": plain("falcon", ffn_hidden_size=24, new_decoder_architecture=True, num_kv_heads=2, bias=True),
    "falcon_one_norm": plain(
        "falcon",
        ffn_hidden_size=24,
        new_decoder_architecture=True,
        num_kv_heads=2,
        num_ln_in_parallel_attn=1,
        tie_word_embeddings=False,
    ),
    "falcon_alibi": {
        **plain(
            "falcon",
            hidden_size=18,
            num_attention_heads=6,
            ffn_hidden_size=24,
            alibi=True,
            multi_query=False,
            parallel_attn=False,
            bias=True,
        ),
        "attention": "sdpa",
    },
    "starcoder2": gated("starcoder2", sliding_window=3),
    "gpt_bigcode": gpt("gpt_bigcode", n_inner=24),
    "gpt_bigcode_heads": gpt("gpt_bigcode", n_inner=24, multi_query=False, scale_attn_weights=False, tie_word_embeddings=False),
}
