"""Writes the golden files of EVA, which starts LoRA from the principal components of each layer's inputs: python eva.py"""

import setting  # first: sets the environment

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft import EvaConfig, LoraConfig, get_peft_model, get_peft_model_state_dict, initialize_lora_eva_weights
from peft.tuners.lora import eva as peft_eva

import bases
import golden
from cases import Case, lora, one


def started(targets: list[str], rank: int, rho: float, fan_in_fan_out: bool = False, **fields: object) -> LoraConfig:
    return lora(
        target_modules=targets,
        r=rank,
        lora_alpha=6,
        init_lora_weights="eva",
        eva_config=EvaConfig(rho=rho, tau=0.99, **fields),
        fan_in_fan_out=fan_in_fan_out,
    )


ALL = {
    "eva/llama": one(
        "Ranks move between modules, and alpha with them",
        "llama",
        started(["q_proj", "o_proj", "down_proj"], 3, 2.0),
        length=12,
    ),
    "eva/llama_removed": one(
        "One module of eight gets no rank and is not adapted",
        "llama_biases",
        started(["v_proj", "gate_proj", "down_proj", "o_proj"], 1, 2.0),
        length=12,
        padding="none",
    ),
    "eva/llama_shared": one(
        "q_proj and v_proj see the same and have the same components",
        "llama",
        started(["q_proj", "v_proj", "o_proj"], 4, 1.5, adjust_scaling_factors=False),
        length=14,
    ),
    "eva/gpt2": one(
        "Conv1D", "gpt2", started(["c_attn", "c_fc"], 4, 1.5, fan_in_fan_out=True), length=12, padding="left"
    ),
    "eva/gpt2_whiten": one(
        "Whitened: each component divided by the root of its singular value; ranks cannot move",
        "gpt2",
        started(["c_attn", "c_fc"], 4, 1.0, fan_in_fan_out=True, whiten=True),
        length=12,
        padding="none",
    ),
}


@contextmanager
def kept_hooks() -> Iterator[list[peft_eva.SVDHook]]:
    """The decompositions that PEFT makes on its way."""
    hooks, create = [], peft_eva.SVDHook.__init__

    def creating(self, *arguments, **fields):
        create(self, *arguments, **fields)
        hooks.append(self)

    peft_eva.SVDHook.__init__ = creating
    try:
        yield hooks
    finally:
        peft_eva.SVDHook.__init__ = create


def exact(name: str, case: Case, inputs: dict[str, torch.Tensor], module: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Principal components and their explained variance ratios in FP64, of the inputs at labelled positions."""
    seen = []
    model = bases.load(case.base).double()
    model.get_submodule(module).register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    model(**inputs)
    chosen = seen[0][(inputs["attention_mask"] == 1) & (inputs["labels"] != -100)]
    _, values, components = torch.linalg.svd(chosen - chosen.mean(dim=0), full_matrices=False)
    return components, values**2 / (values**2).sum()


def write(name: str, case: Case) -> None:
    folder, inputs = setting.GOLDEN / name, golden.batch(name, case)
    shutil.rmtree(folder, ignore_errors=True)
    model = get_peft_model(bases.load(case.base), copy.deepcopy(case.config)).eval()
    with kept_hooks() as hooks:
        initialize_lora_eva_weights(model, [inputs], show_progress_bar=False)
    golden.save(model, folder)
    result, ranks, samples, nearness = {}, {}, {}, {}
    for key, value in get_peft_model_state_dict(model).items():
        if "lora_A" in key:
            ranks[key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")] = len(value)
    with torch.no_grad():
        for hook in hooks:
            module = hook.name.removeprefix("base_model.model.")
            components, ratios = exact(name, case, inputs, module)
            count, samples[module] = hook.n_components, int(hook.svd.n_samples_seen_)
            result[f"explained_variance_ratio.{module}"] = hook.svd.explained_variance_ratio_[:count]
            result[f"singular_values.{module}"] = hook.svd.singular_values_[:count]
            result[f"exact_components.{module}"] = components[:count]
            result[f"exact_explained_variance_ratio.{module}"] = ratios[:count]
            cosines = torch.cosine_similarity(hook.svd.components_[:count].double(), components[:count]).abs()
            nearness[module] = [float(f"{cosine:.6f}") for cosine in cosines.tolist()]
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", result)
    golden.describe(name, case, ranks=ranks, samples_seen=samples, cosines_to_exact=nearness)


if __name__ == "__main__":
    for name, case in ALL.items():
        write(name, case)
