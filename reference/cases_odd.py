"""Each family of decoders with what the other cases lack: LoRA on the whole attention and nothing else, (IA)3, prompts and prefixes, on the bases of bases_odd."""

import setting  # first: sets the environment

import cases_decoders
from cases import Case, lora
from cases_decoders import ALL_LINEAR, GATED_IA3, ia3, one, prefix, prompt

SPLIT = ["q_proj", "k_proj", "v_proj", "o_proj"]
ATTENTION = {
    **dict.fromkeys(
        ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "granite", "olmo2", "smollm3", "starcoder2"), SPLIT
    ),
    **dict.fromkeys(("gpt_neo", "gptj", "opt"), ["q_proj", "k_proj", "v_proj", "out_proj"]),
    "phi3": ["qkv_proj", "o_proj"],
    "phi": ["q_proj", "k_proj", "v_proj", "dense"],
    "gpt_neox": ["query_key_value", "attention.dense"],
    "bloom": ["query_key_value", "self_attention.dense"],
    "falcon": ["query_key_value", "self_attention.dense"],
    "gpt_bigcode": ["c_attn", "attn.c_proj"],
    "gpt2": ["c_attn", "attn.c_proj"],
}
"""Every linear map of the attention."""

PREFIX = ("mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "granite", "smollm3", "gpt_neo", "falcon", "starcoder2")
PROMPT = ("mistral", "qwen2", "phi3", "olmo2", "phi", "gpt_neox", "gptj", "gpt_bigcode")


def attention(family: str, padding: str) -> Case:
    conv1d = {"fan_in_fan_out": True} if family == "gpt2" else {}
    return one("The whole attention and nothing else", f"{family}_odd", lora(target_modules=ATTENTION[family], r=2, **conv1d), padding=padding)


def sides(families: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each family with a side to pad, in turns."""
    return [(family, ("left", "right")[index % 2]) for index, family in enumerate(families)]


CASES: dict[str, Case] = {
    **{f"{family}_attention": attention(family, side) for family, side in sides(tuple(ATTENTION))},
    **{f"{family}_prefix": one("A prefix", f"{family}_odd", prefix(), padding=side) for family, side in sides(PREFIX)},
    **{f"{family}_prompt": one("Virtual tokens", f"{family}_odd", prompt(), padding=side) for family, side in sides(PROMPT)},
    "mistral_all": one("Every linear map but the head", "mistral_odd", lora(**ALL_LINEAR)),
    "qwen2_all": one("Every linear map but the head", "qwen2_odd", lora(**ALL_LINEAR), padding="left"),
    "mistral_ia3": one("Vectors on keys, values and the inner states", "mistral_odd", ia3(**GATED_IA3), padding="left"),
    "qwen2_ia3": one("Vectors on keys, values and the inner states", "qwen2_odd", ia3(**GATED_IA3)),
}

ALL = {f"decoders/{name}": case for name, case in CASES.items()}
assert not ALL.keys() & cases_decoders.ALL.keys()
