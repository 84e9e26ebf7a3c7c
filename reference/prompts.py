"""Prompts and prefixes. PEFT saves what their encoder gives, not the encoder, and does not train what it has loaded."""

import setting  # first: sets the environment

import copy
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file

import bases
import cases

ENCODER = "encoder.safetensors"
STORED = {
    "embedding.weight": "prompt_embeddings",
    "prefix_task_cols": "prefix_task_cols",
    "prefix_task_rows": "prefix_task_rows",
}
"""Where the encoder is a table only, its parameters' keys in the adapter file."""
SAVED = ".modules_to_save.default"
"""What a copy's parameter has in its name and its key in the adapter file has not."""


def encoder(model: PeftModel) -> torch.nn.Module:
    return model.prompt_encoder["default"]


def is_table(model: PeftModel) -> bool:
    return all(name in STORED for name, _ in encoder(model).named_parameters())


def save_encoder(model: PeftModel, folder: Path) -> None:
    if not is_table(model):
        setting.write_tensors(folder / ENCODER, dict(encoder(model).named_parameters()))


def reload(case: cases.Case, folder: Path) -> PeftModel:
    """A model to train, from the encoder where there is one beside the adapter."""
    model = get_peft_model(bases.load(case.base), copy.deepcopy(case.config))
    stored = load_file(folder / "adapter_model.safetensors")
    if is_table(model):
        values = {name: stored[key] for name, key in STORED.items() if key in stored}
    else:
        values = load_file(folder / ENCODER)
    encoder(model).load_state_dict(values)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if SAVED in name:
                parameter.copy_(stored[name.replace(SAVED, "")])
    return model.eval()


def keyed(model: PeftModel, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Renames tensors from parameter names to keys in the adapter file, or to those in the encoder's file."""
    prefix = "prompt_encoder.default."
    inner = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    copies = {key.replace(SAVED, ""): value for key, value in tensors.items() if SAVED in key}
    return {**({STORED[key]: value for key, value in inner.items()} if is_table(model) else inner), **copies}


def embeddings(model: PeftModel) -> torch.Tensor:
    """What the adapter file has as prompt_embeddings: a prompt [n, features], or a prefix [n, 2 · layers · heads · head_dim]."""
    return model.get_prompt_embedding_to_save("default")
