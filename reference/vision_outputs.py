"""Writes what models that read pictures give, under the reference's names: python vision_outputs.py

`peft forward` reads inputs.safetensors and writes expected.safetensors.
"""

import setting  # first: sets the environment

import torch
from transformers.utils import ModelOutput

import bases
import golden

FOLDER = setting.GOLDEN / "vision"
CASES: dict[str, tuple[str, int, list[int]]] = {
    "vit_features": ("vit_features", 2, []),
    "vit_features_larger": ("vit_features", 1, [22, 37]),
    "deit_features": ("deit_features", 3, []),
    "vit": ("vit", 2, []),
}
"""A base, the number of pictures, and their size if it is not the model's."""


def inputs(name: str, base: str, rows: int, size: list[int]) -> dict[str, torch.Tensor]:
    config = bases.ALL[base].config
    shape = (rows, config.num_channels, *(size or [config.image_size] * 2))
    result = {"pixel_values": torch.randn(shape, generator=setting.generator(f"vision/{name}"))}
    if size:
        result["interpolate_pos_encoding"] = torch.ones(1, dtype=torch.int64)
    return result


def tensors(output: ModelOutput) -> dict[str, torch.Tensor]:
    return {key: value.reshape(1) if value.dim() == 0 else value for key, value in output.items() if isinstance(value, torch.Tensor)}


def main() -> None:
    for name, (base, rows, size) in CASES.items():
        given = inputs(name, base, rows, size)
        with torch.no_grad():
            output = bases.load(base)(**golden.called(given))
        setting.write_tensors(FOLDER / name / "inputs.safetensors", given)
        setting.write_tensors(FOLDER / name / "expected.safetensors", tensors(output))
        setting.write_json(FOLDER / name / "case.json", {"base": base})


if __name__ == "__main__":
    main()
