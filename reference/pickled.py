"""Writes a golden base, its adapter and a multitask prompt in the form of before safetensors: python pickled.py. Needs the bases and these cases."""

import setting  # first: sets the environment

import shutil

import torch
from safetensors.torch import load_file

FOLDER = setting.GOLDEN / "pickled"

if __name__ == "__main__":
    case = setting.GOLDEN / "llama_qv"
    base = setting.BASES / "llama"
    for source, target in ((case / "adapter", FOLDER / "lora"), (base, FOLDER / "base")):
        target.mkdir(parents=True, exist_ok=True)
        for config in source.glob("*config.json"):
            shutil.copy(config, target)
    torch.save(load_file(case / "adapter/adapter_model.safetensors"), FOLDER / "lora/adapter_model.bin")
    prompt = setting.GOLDEN / "multitask_prompt_tuning/llama/adapter"
    (FOLDER / "multitask").mkdir(exist_ok=True)
    torch.save(load_file(prompt / "adapter_model.safetensors"), FOLDER / "multitask/adapter_model.bin")
    weights = load_file(base / "model.safetensors")
    torch.save(weights, FOLDER / "base/pytorch_model.bin", _use_new_zipfile_serialization=False)
