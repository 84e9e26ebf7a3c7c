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
    "phi_all": one("Two branches behind one norm, norms of queries and keys", "phi", lora(**ALL_LINEAR), padding="left"),
    "phi_lora": one("Defaults of model_type phi, and a copy of the head with its bias", "phi", lora(modules_to_save=["lm_head"])),
    "phi_ia3": one("Defaults of model_type phi", "phi", ia3()),
    "phi_prefix": one("A prefix with one head of keys", "phi", prefix()),
    "gpt_neox_all": one("A query, key and value for each head in one map", "gpt_neox", lora(**ALL_LINEAR), padding="left"),
    "gpt_neox_ia3": one("Defaults of model_type gpt_neox", "gpt_neox", ia3()),
    "gpt_neox_prefix": one("A prefix, left padding", "gpt_neox", prefix(), padding="left"),
    "gpt_neox_series": one(
        "One branch after the other; config in the layout of transformers 4", "gpt_neox_series", lora(modules_to_save=["lm_head"], r=2)
    ),
    "gpt_neox_head": one(
        "LoRA on the head, with a rank of its own",
        "gpt_neox",
        lora(target_modules=["query_key_value", "lm_head"], r=1, rank_pattern={"lm_head": 3}, alpha_pattern={"lm_head": 5}),
    ),
    "gpt_neox_classifier": cases_classification.one(
        "A classifier, right padding", "gpt_neox_classifier", cases_classification.lora(r=2), length=LENGTH
    ),
    "gptj_all": one("Neighbours rotate together", "gptj", lora(**ALL_LINEAR), padding="left"),
    "gptj_ia3": one("Defaults of model_type gptj", "gptj", ia3()),
    "gptj_prefix": one("A prefix", "gptj", prefix()),
    "gpt_neo_all": one("Scores are not scaled, the second block has a window", "gpt_neo", lora(**ALL_LINEAR), padding="left"),
    "gpt_neo_ia3": one("Defaults of model_type gpt_neo", "gpt_neo", ia3()),
    "gpt_neo_prompt": one("Virtual tokens", "gpt_neo", prompt()),
    "gpt_neo_prompt_left": one("A window over virtual tokens and text without padding between", "gpt_neo", prompt(3), padding="left"),
    "bloom_all": one("ALiBi with three heads", "bloom", lora(**ALL_LINEAR), padding="left"),
    "bloom_ia3": one("Defaults of model_type bloom", "bloom", ia3()),
    "bloom_prompt": one("ALiBi skips the padding between virtual tokens and tokens", "bloom", prompt(), padding="left"),
    "bloom_prefix": one("A prefix", "bloom", prefix()),
    "bloom_prefix_left": one("A prefix, left padding", "bloom", prefix(), padding="left"),
    "falcon_all": one("One head of keys and values", "falcon", lora(**ALL_LINEAR), padding="left"),
    "falcon_ia3": one("Defaults of model_type falcon", "falcon", ia3()),
    "falcon_new": one("Two norms, grouped queries, biases", "falcon_new", lora(r=2)),
    "falcon_one_norm": one("One norm for both branches, a head of its own", "falcon_one_norm", lora(r=2), padding="left"),
    "falcon_alibi": one("ALiBi, rounded; one branch after the other", "falcon_alibi", lora(r=2), padding="left"),
    "falcon_alibi_prompt": one("Rounded ALiBi behind virtual tokens", "falcon_alibi", prompt(), padding="left"),
    "starcoder2_all": one("A window, grouped queries, layer norms", "starcoder2", lora(**ALL_LINEAR)),
    "starcoder2_ia3": one(
        "Vectors on keys, values and the inner states",
        "starcoder2",
        ia3(target_modules=["k_proj", "v_proj", "c_proj"], feedforward_modules=["c_proj"]),
        padding="none",
    ),
    "starcoder2_ia3_padded": one(
        "Behind the window, padding sees no key",
        "starcoder2",
        ia3(target_modules=["k_proj", "v_proj", "c_proj"], feedforward_modules=["c_proj"]),
    ),
    "starcoder2_ia3_left": one(
        "Padding before the first token sees no key",
        "starcoder2",
        ia3(target_modules=["k_proj", "v_proj", "c_proj"], feedforward_modules=["c_proj"]),
        padding="left",
    ),
    "starcoder2_prompt": one("Virtual tokens", "starcoder2", prompt()),
    "gpt_bigcode_all": one("One head of keys and values", "gpt_bigcode", lora(**ALL_LINEAR), padding="left"),
    "gpt_bigcode_ia3": one("Defaults of model_type gpt_bigcode", "gpt_bigcode", ia3()),
    "gpt_bigcode_prefix": one("A prefix for the shared head", "gpt_bigcode", prefix()),
    "gpt_bigcode_heads": one(
        "A query, key and value for each head in one map; scores are not scaled; a head of its own", "gpt_bigcode_heads", lora(r=2)
    ),
}

ALL = {f"decoders/{name}": case for name, case in CASES.items()}
