"""Writes the golden files of adapters of different methods, active together: python mixed.py"""

import setting  # first: sets the environment

import copy
import shutil
from pathlib import Path

import torch
from peft import get_peft_model, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import PreTrainedModel

import bases
import golden
from cases import Case, lora
from cases_low_rank import loha
from cases_scaling import ia3
from first_values import first_value

LORA = lora(target_modules=["v_proj", "down_proj", "q_proj"])
SCALING = ia3(target_modules=["v_proj", "down_proj", "k_proj"], feedforward_modules=["down_proj"])
ALL = {
    "mixed/lora_then_ia3": Case(
        "(IA)3 around LoRA: it scales what LoRA gives too, and what LoRA sees", "llama", {"first": LORA, "second": SCALING}
    ),
    "mixed/ia3_then_lora": Case(
        "LoRA around (IA)3: it adds to what is scaled", "llama", {"first": SCALING, "second": LORA}, padding="none"
    ),
    "mixed/lora_and_loha": Case(
        "The sum of both", "llama", {"first": LORA, "second": loha(target_modules=["v_proj", "k_proj"])}, padding="left"
    ),
}


def key(parameter: str) -> tuple[str, str]:
    """The adapter of a parameter and its key in the adapter file: layers of different methods are nested."""
    parts = [part for part in parameter.removeprefix("base_model.model.").split(".") if part != "base_layer"]
    adapter = next(part for part in parts if part in ("first", "second"))
    parts.remove(adapter)
    return adapter, ".".join(["base_model.model", *parts])


def mixed(name: str, case: Case) -> PreTrainedModel:
    """The layers of the second adapter lie around those of the first. PEFT's own PeftMixedModel refuses (IA)3."""
    model = bases.load(case.base)
    for adapter, config in case.adapters.items():
        inject_adapter_in_model(copy.deepcopy(config), model, adapter)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            parameter.requires_grad_(any(f".{adapter}" in parameter_name for adapter in case.adapters))
            if parameter.requires_grad:
                parameter.copy_(first_value(name, parameter_name, parameter, case.config))
    return model.eval()


def merged(name: str, case: Case) -> PreTrainedModel:
    """Inner layers first, so that the outer ones change what these have made of the weight."""
    model = mixed(name, case)
    layers = [(path, module) for path, module in model.named_modules() if isinstance(module, BaseTunerLayer)]
    for _, module in sorted(layers, key=lambda each: -each[0].count(".base_layer")):
        module.merge(safe_merge=True)
    return model


def save(model: PreTrainedModel, case: Case, folder: Path) -> None:
    """Each adapter is set into a PEFT model of its own."""
    values = {key(name): parameter for name, parameter in golden.trainable(model).items()}
    for adapter, config in case.adapters.items():
        single = get_peft_model(bases.load(case.base), copy.deepcopy(config), adapter_name=adapter)
        with torch.no_grad():
            for name, parameter in golden.trainable(single).items():
                parameter.copy_(values[key(name)])
        golden.save(single, folder)


def keyed(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{'/'.join(key(name))}": value.detach().clone() for name, value in tensors.items()}


def write(name: str, case: Case) -> None:
    folder = setting.GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    model, inputs = mixed(name, case), golden.batch(name, case)
    save(model, case, folder)
    with torch.no_grad():
        result = {
            "base_logits": bases.load(case.base)(**inputs).logits,
            "merged_logits": merged(name, case)(**inputs).logits,
        }
    output = model(**inputs)
    output.loss.backward()
    result.update({"logits": output.logits, "loss": output.loss.reshape(1)})
    result.update(keyed("grad", {each: parameter.grad for each, parameter in golden.trainable(model).items()}))
    result["losses_adamw"] = golden.train(model, golden.adamw(model, case), inputs)
    result.update(keyed("after_adamw", golden.trainable(model)))
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", result)
    golden.describe(name, case, method="MIXED")


if __name__ == "__main__":
    for name, case in ALL.items():
        write(name, case)
