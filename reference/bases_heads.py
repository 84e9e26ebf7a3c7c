"""Decoders and encoder-decoders with the heads of other tasks: each family and task for which transformers has a class, small and of odd sizes."""

import setting  # first: sets the environment

import transformers
from bases_decoders import TOKENS
from transformers import AutoConfig, PreTrainedConfig
from transformers.models.auto import modeling_auto

SIZES = {**TOKENS, "vocab_size": 57}
GATED = dict(
    **SIZES,
    hidden_size=15,
    intermediate_size=13,
    num_hidden_layers=1,
    num_attention_heads=3,
    num_key_value_heads=1,
    head_dim=4,
    max_position_embeddings=61,
)
EVEN = {key: value for key, value in {**GATED, "hidden_size": 18}.items() if key != "head_dim"}
"""Where a head's size is that of its share."""

GPT = dict(**SIZES, n_embd=15, n_head=3, n_layer=1, n_inner=13, n_positions=61)
GEMMA = dict(**GATED, query_pre_attn_scalar=7, sliding_window=4)

T5 = dict(
    **SIZES,
    d_model=15,
    d_kv=5,
    d_ff=13,
    num_heads=3,
    num_layers=1,
    num_decoder_layers=1,
    decoder_start_token_id=0,
    relative_attention_num_buckets=6,
    relative_attention_max_distance=8,
)
BART = dict(
    **SIZES,
    d_model=15,
    encoder_ffn_dim=13,
    decoder_ffn_dim=11,
    encoder_layers=1,
    decoder_layers=1,
    encoder_attention_heads=3,
    decoder_attention_heads=3,
    max_position_embeddings=31,
    decoder_start_token_id=2,
    forced_eos_token_id=None,
)
TWO_STACKS = {"t5": T5, "mt5": T5, "umt5": T5, "bart": {**BART, "scale_embedding": True}, "mbart": BART}

FAMILIES: dict[str, dict] = {
    "llama": GATED,
    "mistral": {**GATED, "sliding_window": 5},
    "qwen2": {**EVEN, "use_sliding_window": False},
    "qwen3": GATED,
    "gemma": GATED,
    "gemma2": GEMMA,
    "gemma3_text": {**GEMMA, "num_hidden_layers": 2, "layer_types": ["sliding_attention", "full_attention"]},
    "phi": {**EVEN, "partial_rotary_factor": 0.7},
    "phi3": EVEN,
    "olmo2": EVEN,
    "smollm3": {**EVEN, "no_rope_layers": [1]},
    "starcoder2": {**EVEN, "sliding_window": 4},
    "gpt2": GPT,
    "gpt_bigcode": GPT,
    "gptj": {**GPT, "n_embd": 18, "rotary_dim": 4},
    "gpt_neo": dict(
        **SIZES,
        hidden_size=15,
        num_layers=2,
        num_heads=3,
        intermediate_size=13,
        max_position_embeddings=61,
        window_size=5,
        attention_types=[[["global", "local"], 1]],
    ),
    "gpt_neox": dict(**SIZES, rotary_pct=0.7, hidden_size=18, num_hidden_layers=1, num_attention_heads=3, intermediate_size=13),
    "opt": dict(**SIZES, hidden_size=15, word_embed_proj_dim=9, ffn_dim=13, num_hidden_layers=1, num_attention_heads=3, max_position_embeddings=61),
    "bloom": dict(**SIZES, hidden_size=15, n_layer=1, n_head=3),
    "falcon": dict(**SIZES, hidden_size=18, num_hidden_layers=1, num_attention_heads=3, ffn_hidden_size=13),
    **TWO_STACKS,
}
CLASSES = {
    "sequence": modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    "tokens": modeling_auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
    "answers": modeling_auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES,
}
LABELS = {
    "sequence": dict(id2label={0: "bad", 1: "middling", 2: "good"}),
    "tokens": dict(id2label={0: "O", 1: "B-PER", 2: "I-PER"}),
    "answers": {},
}

KNOWN = {(family, task): classes[family] for family in FAMILIES for task, classes in CLASSES.items() if family in classes}
"""The class of transformers of each family and task."""

assert all(hasattr(transformers, name) for name in KNOWN.values())


def config(family: str, task: str, **fields) -> PreTrainedConfig:
    return AutoConfig.for_model(family, **{**FAMILIES[family], **LABELS[task], **fields})


ALL: dict[str, dict] = {
    **{f"{family}_{task}": dict(config=config(family, task), task=task) for family, task in KNOWN},
    "llama_alone": dict(config=config("llama", "sequence", pad_token_id=None), task="sequence"),
    "mistral_number": dict(config=config("mistral", "sequence", id2label={0: "stars"}), task="sequence"),
    "gpt2_several": dict(config=config("gpt2", "sequence", problem_type="multi_label_classification"), task="sequence"),
}
