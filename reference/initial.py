"""LoRA initialisations that are more than random: what they start from, and adapters freed of the change they make to the base."""

import setting  # first: sets the environment

import copy
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model, get_peft_model_state_dict

import bases
import cases


def matters(config: PeftConfig) -> bool:
    """Whether what is trained lies around a first value that is not zero or random only."""
    return isinstance(config, LoraConfig) and config.init_lora_weights in ("pissa", "olora", "orthogonal")


def changes_base(config: PeftConfig) -> bool:
    """Whether the first value of s·B·A is taken out of the base weight."""
    return isinstance(config, LoraConfig) and config.init_lora_weights in ("pissa", "olora")


def write_converted(name: str, case: cases.Case, adapted: PeftModel, folder: Path, inputs: dict, result: dict) -> None:
    """An ordinary LoRA on the unchanged base, of twice the rank, as PEFT converts it; and the first A and B."""
    fresh = get_peft_model(bases.load(case.base, case.linear), copy.deepcopy(case.config))
    result.update({f"initial.{key}": value for key, value in get_peft_model_state_dict(fresh).items()})
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch) / "initial"
        fresh.save_pretrained(first)
        adapted.save_pretrained(folder / "converted", path_initial_model_for_weight_conversion=str(first))
    (folder / "converted" / "README.md").unlink(missing_ok=True)
    setting.sort_sets(folder / "converted" / "adapter_config.json")
    model = PeftModel.from_pretrained(bases.load(case.base, case.linear), str(folder / "converted")).eval()
    with torch.no_grad():
        assert torch.allclose(model(**inputs).logits, result["logits"], atol=1e-4), f"{name}: converted differs"
