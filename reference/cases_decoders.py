"""Cases of decoders beyond Llama, GPT-2 and OPT: all linear maps, attention only, (IA)3, prompts or prefixes, for each family."""

import setting  # first: sets the environment

from peft import IA3Config, PeftConfig, PrefixTuningConfig, PromptTuningConfig

import cases
import cases_classification
from cases import QV, Case, lora
from cases_low_rank import dora

LENGTH = 6
ALL_LINEAR = dict(target_modules="all-linear", r=1, lora_alpha=2)


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    return cases.one(description, base, config, **{"length": LENGTH, **fields})


def ia3(**fields) -> IA3Config:
    return IA3Config(**{"task_type": "CAUSAL_LM", **fields})


def prompt(tokens: int = 2, task: str = "CAUSAL_LM") -> PromptTuningConfig:
    return PromptTuningConfig(task_type=task, num_virtual_tokens=tokens)


def prefix(tokens: int = 2) -> PrefixTuningConfig:
    return PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=tokens)


GATED_IA3 = dict(target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"])

CASES: dict[str, Case] = {
    "qwen3_all": one("Norms of queries and keys, heads wider than their share", "qwen3", lora(**ALL_LINEAR), padding="left"),
    "qwen3_ia3": one("Defaults of model_type qwen3", "qwen3", ia3()),
    "qwen3_prompt": one("Virtual tokens", "qwen3", prompt(), padding="left"),
    "qwen3_window": one("A window in the second block, biases, a head of its own", "qwen3_window", lora()),
    "qwen3_dora": one("DoRA and copies of the norms of queries", "qwen3", dora(target_modules=QV, modules_to_save=["q_norm"])),
    "gemma_all": one("Scaled embeddings, 1 + w, one head of keys and values", "gemma", lora(**ALL_LINEAR)),
    "gemma_embedding": one(
        "LoRA on the table is scaled too", "gemma", lora(target_modules=["embed_tokens", "v_proj"], r=2), padding="left"
    ),
    "gemma_ia3": one("Defaults of model_type gemma", "gemma", ia3()),
    "gemma_prompt": one("Virtual tokens are not scaled", "gemma", prompt(), padding="left"),
    "gemma2_all": one("Soft caps, a window, norms on both sides", "gemma2", lora(**ALL_LINEAR), padding="left"),
    "gemma2_ia3": one("Defaults of model_type gemma2", "gemma2", ia3()),
    "gemma2_prompt": one("Virtual tokens are not scaled", "gemma2", prompt()),
    "gemma2_classifier": cases_classification.one(
        "A classifier has no cap of logits",
        "gemma2_classifier",
        cases_classification.lora(target_modules=QV, r=2),
        length=LENGTH,
        padding="left",
    ),
    "gemma3_all": one("Two bases of rotary positions; config in the layout of transformers 4", "gemma3", lora(**ALL_LINEAR)),
    "gemma3_ia3": one("Defaults of model_type gemma3_text", "gemma3", ia3(), padding="left"),
    "gemma3_prompt": one("Virtual tokens are not scaled", "gemma3", prompt(), padding="left"),
    "phi3_all": one("One map to queries, keys and values, one to gate and values; tied", "phi3", lora(**ALL_LINEAR), padding="left"),
    "phi3_ia3": one(
        "Vectors on the fused maps", "phi3", ia3(target_modules=["qkv_proj", "down_proj"], feedforward_modules=["down_proj"])
    ),
    "phi3_prefix": one("A prefix with grouped queries", "phi3", prefix()),
    "phi3_long": one(
        "LongRoPE of three quarters of a head beyond the original length, a window; config in the layout of transformers 4",
        "phi3_long",
        lora(target_modules=["qkv_proj", "gate_up_proj"], r=2),
    ),
    "granite_all": one("Factors of embeddings, scores, sub-layers and logits", "granite", lora(**ALL_LINEAR), padding="left"),
    "granite_ia3": one("Vectors on keys, values and the inner states", "granite", ia3(**GATED_IA3)),
    "granite_prompt": one("Virtual tokens are scaled", "granite", prompt()),
    "olmo2_all": one("Norms after the sub-layers and of all queries of a token", "olmo2", lora(**ALL_LINEAR)),
    "olmo2_ia3": one("Vectors before the norm of keys", "olmo2", ia3(**GATED_IA3), padding="left"),
    "olmo2_prefix": one("A prefix is not normed", "olmo2", prefix(), padding="left"),
    "smollm3_all": one("A block without positions and with a window", "smollm3", lora(**ALL_LINEAR), padding="left"),
    "smollm3_ia3": one("Vectors on keys, values and the inner states", "smollm3", ia3(**GATED_IA3)),
    "smollm3_prompt": one("Virtual tokens", "smollm3", prompt(), padding="left"),
}

ALL = {f"decoders/{name}": case for name, case in CASES.items()}
