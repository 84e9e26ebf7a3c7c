"""Writes the golden files of LoRA's own optimizers: python optimizers.py"""

import setting  # first: sets the environment


import torch
from peft import PeftModel
from peft.optimizers import create_lorafa_optimizer, create_loraplus_optimizer, lorafa

import cases
import golden
from cases import QV, Case, lora, one

lorafa.is_bf16_available = lambda: False  # else it rounds the projected gradient to BF16, even where all is FP32

PLUS = {
    "optimizers/loraplus_llama": (
        one("LoRA+", "llama", lora(target_modules=QV), learning_rate=2e-3),
        {"loraplus_lr_ratio": 8.0, "loraplus_weight_decay": 0.0},
    ),
    "optimizers/loraplus_gpt2": (
        one(
            "LoRA+ with an embedding, a trained bias and decay",
            "gpt2",
            lora(target_modules=["wte", "c_attn"], bias="lora_only", fan_in_fan_out=True),
            learning_rate=1e-3,
            padding="left",
        ),
        {"loraplus_lr_ratio": 4.0, "loraplus_weight_decay": 0.1, "loraplus_lr_embedding": 5e-3},
    ),
}
FROZEN_A = {
    "optimizers/lorafa_llama": one("LoRA-FA", "llama", lora(target_modules=QV)),
    "optimizers/lorafa_gpt2": one(
        "LoRA-FA with decay and rsLoRA",
        "gpt2",
        lora(target_modules=["c_attn", "c_fc"], r=2, lora_alpha=3, use_rslora=True, fan_in_fan_out=True),
        padding="none",
        weight_decay=0.1,
    ),
}


def plus(options: dict[str, float]) -> golden.OptimizerOf:
    def create(model: PeftModel, case: Case) -> torch.optim.Optimizer:
        return create_loraplus_optimizer(model, torch.optim.AdamW, lr=case.learning_rate, **options)

    return create


def frozen_a(model: PeftModel, case: cases.Case) -> torch.optim.Optimizer:
    config = case.config
    return create_lorafa_optimizer(model, config.r, config.lora_alpha, case.learning_rate, case.weight_decay)


if __name__ == "__main__":
    for name, (case, options) in PLUS.items():
        golden.write(name, case, plus(options), optimizer={"name": "LoRA+", **options})
    for name, case in FROZEN_A.items():
        golden.write(name, case, frozen_a, optimizer={"name": "LoRA-FA", "eps": 1e-6})
