"""Writes the golden files of the adapter cases: python golden.py [case ...]"""

import setting  # first: sets the environment

import contextlib
import copy
import io
import shutil
import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model, get_peft_model_state_dict

import bases
import cases

STEPS = 5


def batch(name: str, case: cases.Case) -> dict[str, torch.Tensor]:
    """Three rows, two of them padded; no label where the prediction would be made at a padded position."""
    lengths = [case.length, case.length - 2, case.length - 4]
    shape = (len(lengths), case.length)
    ids = torch.randint(3, bases.VOCABULARY, shape, generator=setting.generator(f"{name}/input_ids"))
    mask = torch.zeros(shape, dtype=torch.int64)
    for row, length in enumerate(lengths):
        mask[row, slice(-length, None) if case.padding == "left" else slice(length)] = 1
    ids = ids * mask  # the pad token is 0
    labels = torch.where(mask == 1, ids, -100)
    labels[0, :3] = -100  # as for a prompt
    labels[1, 4] = -100
    labels[:, 1:][mask[:, :-1] == 0] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def adapted(name: str, case: cases.Case) -> PeftModel:
    """The base with its adapters, every trainable tensor drawn anew so that none is zero or equal to the base's."""
    names = list(case.adapters)
    model = get_peft_model(bases.load(case.base), copy.deepcopy(case.adapters[names[0]]), adapter_name=names[0])
    for other in names[1:]:
        model.add_adapter(other, copy.deepcopy(case.adapters[other]))
    activate(model, names)
    with torch.no_grad():
        for key, parameter in trainable(model).items():
            fresh = setting.normal(f"{name}/{key}", parameter, 0.2)
            parameter.copy_(fresh if "lora_" in key else parameter + fresh)
    return model.eval()


def activate(model: PeftModel, names: list[str]) -> None:
    if len(names) > 1:
        model.base_model.set_adapter(names)


def trainable(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    return {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}


def save(model: PeftModel, folder: Path) -> list[Path]:
    """As PEFT saves, less the model card; sets are sorted, whose order PEFT leaves to chance. One folder an adapter."""
    names = list(model.peft_config)
    target = folder / ("adapter" if names == ["default"] else "adapters")
    model.save_pretrained(target)
    folders = [target] if names == ["default"] else [target / name for name in names]
    for each in folders:
        (each / "README.md").unlink(missing_ok=True)
        setting.sort_sets(each / "adapter_config.json")
    (target / "README.md").unlink(missing_ok=True)
    return folders


def reload(case: cases.Case, folders: list[Path]) -> PeftModel:
    names = list(case.adapters)
    model = PeftModel.from_pretrained(
        bases.load(case.base), str(folders[0]), adapter_name=names[0], is_trainable=True, autocast_adapter_dtype=False
    )
    for name, folder in zip(names[1:], folders[1:]):
        model.load_adapter(str(folder), name, is_trainable=True)
    activate(model, names)
    return model.eval()


def keyed(model: PeftModel, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Renames tensors from parameter names to adapter file keys, after `<adapter>/` where there are several."""
    result = {}
    for name in model.peft_config:
        prefix = "" if len(model.peft_config) == 1 else f"{name}/"
        chosen = get_peft_model_state_dict(model, dict(tensors), name, save_embedding_layers=False)
        result.update({prefix + key: value for key, value in chosen.items()})
    assert len(result) == len(tensors), (sorted(result), sorted(tensors))
    return result


def expected(case: cases.Case, folders: list[Path], inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    base, model, merged = bases.load(case.base), reload(case, folders), reload(case, folders)
    with torch.no_grad():
        result = {
            "base_logits": base(**inputs).logits,
            "merged_logits": merged.merge_and_unload(safe_merge=True)(**inputs).logits,
        }
    output = model(**inputs)
    output.loss.backward()
    result["logits"] = output.logits
    result["loss"] = output.loss.reshape(1)
    gradients = keyed(model, {key: parameter.grad.clone() for key, parameter in trainable(model).items()})
    for key, gradient in gradients.items():
        assert gradient.abs().max() > 1e-4, f"{key} has no gradient to speak of"
    result.update({f"grad.{key}": gradient for key, gradient in gradients.items()})
    result["losses_adamw"] = train(model, case, inputs)
    after = keyed(model, {key: parameter.detach() for key, parameter in trainable(model).items()})
    result.update({f"after_adamw.{key}": value for key, value in after.items()})
    return result


def train(model: PeftModel, case: cases.Case, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    optimizer = torch.optim.AdamW(
        trainable(model).values(), lr=case.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=case.weight_decay
    )
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def summary(model: PeftModel) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        model.print_trainable_parameters()
    return text.getvalue().strip()


def write(name: str) -> None:
    case, folder = cases.ALL[name], setting.GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    inputs = batch(name, case)
    model = adapted(name, case)
    folders = save(model, folder)
    result = expected(case, folders, inputs)
    assert torch.equal(model(**inputs).logits, result["logits"]), f"{name}: not the same after saving and loading"
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", result)
    setting.write_json(
        folder / "case.json",
        {
            "description": case.description,
            "base": case.base,
            "adapters": list(case.adapters),
            "active": list(case.adapters),
            "learning_rate": case.learning_rate,
            "weight_decay": case.weight_decay,
            "trainable_parameters_text": summary(model),
        },
    )


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    for name in bases.ALL:
        bases.write(name)
    for name in names or cases.ALL:
        print(name, flush=True)
        write(name)


if __name__ == "__main__":
    main(sys.argv[1:])
