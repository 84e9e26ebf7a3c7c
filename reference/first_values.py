"""The values that the golden cases start from: such that every tensor matters and gets a gradient."""

import setting  # first: sets the environment

import torch
from peft import PeftConfig

import initial

RULES = [
    ("lora_magnitude_vector", 0.2, True),
    ("lora_", 0.2, False),
    ("hada_", 0.5, False),
    ("lokr_", 0.4, False),
    ("prefix_task_", 0.7, False),
    ("prompt_encoder.default.embedding", 0.6, False),
    ("prompt_encoder", 0.25, False),
    ("", 0.2, True),
]
"""A part of the parameter's name, the standard deviation, and whether it lies around the value that PEFT gives it, or around zero."""


def first_value(case: str, name: str, parameter: torch.nn.Parameter, config: PeftConfig) -> torch.Tensor:
    deviation, around = next(rule[1:] for rule in RULES if rule[0] in name)
    if "lora_" in name and initial.matters(config):
        deviation, around = 0.1, True
    if "Attention.q" in name or "Attention.k" in name:  # see bases.weight
        deviation /= 2
    fresh = setting.normal(f"{case}/{name}", parameter, deviation)
    return parameter + fresh if around else fresh
