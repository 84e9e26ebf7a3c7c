"""Cases of sequence classification: the head `score` trains as a copy beside what the method grafts."""

import setting  # first: sets the environment

from peft import LoraConfig, PeftConfig, PrefixTuningConfig, PromptTuningConfig

import cases
from cases import QV, Case


def lora(**fields) -> LoraConfig:
    return LoraConfig(**{"task_type": "SEQ_CLS", "r": 4, "lora_alpha": 8, **fields})


def prefix(tokens: int) -> PrefixTuningConfig:
    return PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=tokens)


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    """The loss must not become so small in five steps that its relative error is large."""
    return cases.one(description, base, config, learning_rate=3e-3, **fields)


ALL: dict[str, Case] = {
    "classification/llama_lora": one("LoRA, three labels", "llama_classifier", lora(target_modules=QV)),
    "classification/llama_lora_left": one(
        "all-linear leaves score out; left padding", "llama_classifier", lora(target_modules="all-linear", r=2, lora_alpha=2), padding="left"
    ),
    "classification/llama_score": one(
        "LoRA on score itself, without a task", "llama_classifier", lora(target_modules=["score", "v_proj"], task_type=None, r=2)
    ),
    "classification/llama_prefix": one("P-tuning v2; two of four heads have keys and values", "llama_classifier", prefix(3)),
    "classification/llama_prompt": one(
        "Virtual tokens before the sequence; without padding on the right, where PEFT pools at the padding",
        "llama_classifier",
        PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=4),
        padding="left",
    ),
    "classification/gpt2_lora": one(
        "LoRA, two labels, of which config.json does not tell", "gpt2_classifier", lora(target_modules=["c_attn"], fan_in_fan_out=True),
        padding="left",
    ),
    "classification/gpt2_lora_right": one(
        "Weight decay; right padding", "gpt2_classifier", lora(r=2, fan_in_fan_out=True), weight_decay=0.1
    ),
    "classification/opt_lora": one(
        "LoRA before and after the blocks and on the queries; score reads the narrower width",
        "opt_classifier",
        lora(target_modules=["project_in", "q_proj", "project_out"]),
    ),
    "classification/opt_prompt": one(
        "Virtual tokens as narrow as the embeddings",
        "opt_classifier",
        PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2, token_dim=12),
        padding="left",
    ),
    "classification/gpt2_prefix": one("P-tuning v2, left padding", "gpt2_classifier", prefix(4), padding="left"),
    "classification/gpt2_prefix_right": one("P-tuning v2, right padding", "gpt2_classifier", prefix(2)),
}
