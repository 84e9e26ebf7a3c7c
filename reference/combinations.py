"""Writes the golden files of several adapters on one base: weighted sums, one adapter a row, and different methods: python combinations.py"""

import setting  # first: sets the environment

import contextlib
import shutil
from collections.abc import Iterator

import torch
from peft import PeftModel, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer

import golden
from cases import QV, Case, lora
from cases_scaling import ia3

LLAMA = Case(
    "Weighted sums of LoRA adapters",
    "llama",
    {
        "first": lora(target_modules=QV),
        "second": lora(target_modules=["q_proj", "down_proj"], lora_alpha=6),
        "third": lora(
            target_modules=["v_proj", "q_proj"], r=3, lora_alpha=9, rank_pattern={"v_proj": 2}, alpha_pattern={"0.self_attn.q_proj": 1}
        ),
    },
)
GPT2 = Case(
    "Weighted sums of LoRA adapters on Conv1D",
    "gpt2",
    {
        "first": lora(target_modules=["c_attn", "c_fc"], fan_in_fan_out=True),
        "second": lora(target_modules=["c_attn"], lora_alpha=2, fan_in_fan_out=True),
    },
    padding="none",
)
SCALING = Case(
    "Weighted sums of (IA)3 adapters",
    "llama",
    {
        "first": ia3(target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"]),
        "second": ia3(target_modules=["q_proj", "k_proj", "down_proj"], feedforward_modules=["down_proj"]),
    },
)


def sum_of(weights: dict[str, float], kind: str, **options: object) -> dict[str, object]:
    return {"weights": weights, "combination_type": kind, **options}


TWO = {"first": 0.7, "second": 0.4}
THREE = {"first": 0.7, "second": -0.5, "third": 1.3}
SMALL = {
    "linear": sum_of(TWO, "linear"),
    "linear_negative": sum_of({"first": 0.7, "second": -0.5}, "linear"),
    "cat": sum_of(TWO, "cat"),
    "svd": sum_of(TWO, "svd"),
    "ties_svd": sum_of(TWO, "ties_svd", density=0.6),
}
FULL = {
    **SMALL,
    "linear_one": sum_of({"first": 1.5}, "linear"),
    "cat_three": sum_of(THREE, "cat"),
    "svd_three": sum_of(THREE, "svd"),
    "svd_full_rank": sum_of(THREE, "svd", svd_rank=12),
    "ties": sum_of(TWO, "ties", density=0.5),
    "ties_negative": sum_of({"first": 0.7, "second": -0.5}, "ties", density=0.5),
    "ties_frequency": sum_of(TWO, "ties", density=0.8, majority_sign_method="frequency"),
    "ties_svd_three": sum_of(THREE, "ties_svd", density=0.5, majority_sign_method="frequency"),
    "dare_linear": sum_of(TWO, "dare_linear", density=0.7),
    "dare_ties": sum_of(TWO, "dare_ties", density=0.6),
    "dare_linear_svd": sum_of(TWO, "dare_linear_svd", density=0.7),
    "dare_ties_svd": sum_of(TWO, "dare_ties_svd", density=0.6),
    **{f"{kind}_of_all": sum_of(TWO, kind, density=1.0) for kind in ["dare_linear", "dare_ties", "dare_linear_svd", "dare_ties_svd"]},
    "magnitude_prune": sum_of(TWO, "magnitude_prune", density=0.4),
    "magnitude_prune_svd": sum_of(TWO, "magnitude_prune_svd", density=0.3, svd_rank=6),
}
PER_ROW = {
    "per_row/llama": Case("A different adapter for each row, or none", "llama", dict(list(LLAMA.adapters.items())[:2])),
    "per_row/gpt2": Case("A different adapter for each row, or none", "gpt2", GPT2.adapters, padding="none"),
}
ROWS = ["second", "__base__", "first"]


@contextlib.contextmanager
def recorded_masks(seed: str) -> Iterator[list[torch.Tensor]]:
    """DARE keeps entries at random: the masks that it drew, in order."""
    masks, draw, generator = [], torch.bernoulli, setting.generator(seed)

    def recording(probabilities: torch.Tensor) -> torch.Tensor:
        masks.append(draw(probabilities, generator=generator))
        return masks[-1]

    torch.bernoulli = recording
    try:
        yield masks
    finally:
        torch.bernoulli = draw


def masks_by_name(model: PeftModel, adapters: list[str], combined: str, masks: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """In the order in which PEFT combines: module by module, A before B, or the product of both for the types with svd."""
    result, left = {}, iter(masks)
    for path, module in model.base_model.model.named_modules():
        if isinstance(module, LoraLayer) and combined in module.lora_A:
            for part in ["delta"] if combined.endswith("svd") else ["lora_A", "lora_B"]:
                result.update({f"{adapter}.{path}.{part}": next(left) for adapter in adapters if adapter in module.lora_A})
    assert next(left, None) is None
    return {key: mask.to(torch.uint8) for key, mask in result.items()}


def combine(model: PeftModel, name: str, inputs: dict[str, torch.Tensor], how: dict) -> dict[str, torch.Tensor]:
    options = {key: value for key, value in how.items() if key != "weights"}
    adapters, weights = list(how["weights"]), list(how["weights"].values())
    with recorded_masks(name) as masks:
        model.base_model.add_weighted_adapter(adapters, weights, name, **options)
    model.set_adapter(name)
    result = get_peft_model_state_dict(model, adapter_name=name)
    if masks:
        result.update({f"mask.{key}": mask for key, mask in masks_by_name(model, adapters, name, masks).items()})
    result["logits"] = model(**inputs).logits
    model.set_adapter("first")
    model.delete_adapter(name)
    return {f"{name}.{key}": value.detach().clone() for key, value in result.items()}


def start(name: str, case: Case) -> tuple[PeftModel, dict[str, torch.Tensor]]:
    """The model with its adapters, saved, and the batch, written."""
    folder = setting.GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    model, inputs = golden.adapted(name, case), golden.batch(name, case)
    golden.save(model, folder)
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    return model, inputs


def write_weighted(name: str, case: Case, combinations: dict[str, dict]) -> None:
    model, inputs = start(name, case)
    result = {}
    for combination, how in combinations.items():
        result.update(combine(model, combination, inputs, how))
    setting.write_tensors(setting.GOLDEN / name / "expected.safetensors", result)
    golden.describe(name, case, combinations=combinations)


def write_rows(name: str, case: Case) -> None:
    model, inputs = start(name, case)
    logits = model(**inputs, adapter_names=ROWS).logits
    setting.write_tensors(setting.GOLDEN / name / "expected.safetensors", {"logits": logits})
    golden.describe(name, case, adapter_names=ROWS)


if __name__ == "__main__":
    write_weighted("weighted/llama", LLAMA, FULL)
    write_weighted("weighted/gpt2", GPT2, SMALL)
    write_weighted("weighted/ia3", SCALING, {"sum": {"weights": TWO}, "negative": {"weights": {"first": 1.5, "second": -0.5}}})
    for name, case in PER_ROW.items():
        write_rows(name, case)
