"""Writes the frequencies of rotary positions in every scaling, as transformers computes them: python rotary.py"""

import setting  # first: sets the environment

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

MODEL = dict(
    model_type="llama", vocab_size=56, hidden_size=64, intermediate_size=40, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=2, max_position_embeddings=256,
)
FILE = setting.GOLDEN / "rotary.json"
SHORT = [1.0 + 0.05 * i for i in range(16)]
LONG = [1.1 * 1.3**i for i in range(16)]
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)


def recent(rope_type: str, **fields) -> dict:
    """In the layout of transformers 5."""
    return {"rope_parameters": {"rope_type": rope_type, "rope_theta": 10_000.0, **fields}}


def old(rope_type: str, **fields) -> dict:
    """In the layout of transformers 4."""
    return {"rope_theta": 500_000.0, "rope_scaling": {"type": rope_type, **fields}}


def longrope(**fields) -> dict:
    return {"short_factor": SHORT, "long_factor": LONG, **fields}


CASES: dict[str, tuple[dict, int]] = {
    "absent": ({}, 9),
    "theta": ({"rope_theta": 500_000.0}, 9),
    "default": (recent("default"), 9),
    "linear": (recent("linear", factor=3.3), 9),
    "linear_old": (old("linear", factor=4), 9),
    "dynamic_short": (recent("dynamic", factor=2.5), 256),
    "dynamic": (recent("dynamic", factor=2.5), 257),
    "dynamic_long": (old("dynamic", factor=4.0), 900),
    "llama3": (recent("llama3", original_max_position_embeddings=64, **LLAMA3), 9),
    "llama3_original_absent": (old("llama3", **LLAMA3), 9),
    "llama3_original_beside": (
        {**recent("llama3", original_max_position_embeddings=64, **LLAMA3), "original_max_position_embeddings": 100}, 9
    ),
    "yarn": (recent("yarn", factor=4.0, original_max_position_embeddings=64), 9),
    "yarn_old": (old("yarn", factor=4.0, original_max_position_embeddings=64), 9),
    "yarn_original_absent": (recent("yarn", factor=3.0), 9),
    "yarn_original_beside": ({**recent("yarn", factor=2.0), "original_max_position_embeddings": 128}, 9),
    "yarn_factor_null": (recent("yarn", factor=None, original_max_position_embeddings=64), 9),
    "yarn_factor_one": (recent("yarn", factor=1.0), 9),
    "yarn_beta": (recent("yarn", factor=4.0, beta_fast=8.0, beta_slow=0.5), 9),
    "yarn_beta_equal": (recent("yarn", factor=4.0, beta_fast=2.0, beta_slow=2.0, truncate=False), 9),
    "yarn_not_truncated": (recent("yarn", factor=4.0, truncate=False, original_max_position_embeddings=64), 9),
    "yarn_attention_factor": (recent("yarn", factor=4.0, attention_factor=1.25, mscale=2.0, mscale_all_dim=0.5), 9),
    "yarn_scales": (recent("yarn", factor=40.0, mscale=1.0, mscale_all_dim=0.8), 9),
    "yarn_one_scale": (recent("yarn", factor=40.0, mscale=0.7), 9),
    "longrope_short": (recent("longrope", **longrope(original_max_position_embeddings=64)), 64),
    "longrope_long": (recent("longrope", **longrope(original_max_position_embeddings=64)), 65),
    "longrope_factor": (recent("longrope", **longrope(factor=8.0, original_max_position_embeddings=64)), 9),
    "longrope_attention_factor": (old("longrope", **longrope(attention_factor=1.5)), 257),
    "longrope_original_absent": (recent("longrope", **longrope()), 256),
    "longrope_original_beside": ({**old("longrope", **longrope()), "original_max_position_embeddings": 32}, 33),
}


def case(fields: dict, length: int) -> dict:
    """The frequencies after a pass over that many positions: two scalings depend on it."""
    config = {**MODEL, **fields}
    embedding = LlamaRotaryEmbedding(LlamaConfig.from_dict(config))
    embedding(torch.zeros(1), torch.arange(length).unsqueeze(0))
    return {
        "config": config,
        "length": length,
        "inverse_frequencies": embedding.inv_freq.tolist(),
        "attention_factor": float(embedding.attention_scaling),
    }


if __name__ == "__main__":
    setting.write_json(FILE, {name: case(fields, length) for name, (fields, length) in CASES.items()})
