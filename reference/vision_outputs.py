"""Writes what models that read pictures give, under the reference's names: python vision_outputs.py

`peft forward` reads inputs.safetensors and writes expected.safetensors.
"""

import setting  # first: sets the environment

import torch
from transformers import PreTrainedConfig
from transformers.utils import ModelOutput

import bases
import golden

FOLDER = setting.GOLDEN / "vision"
CASES: dict[str, tuple[str, int, list[int]]] = {
    "vit_features": ("vit_features", 2, []),
    "vit_features_larger": ("vit_features", 1, [22, 37]),
    "deit_features": ("deit_features", 3, []),
    "vit": ("vit", 2, []),
    "clip": ("clip", 3, []),
    "clip_f16_larger": ("clip_f16", 2, [19, 40]),
    "clip_text": ("clip_text", 3, []),
    "clip_text_former": ("clip_text_former", 2, []),
    "clip_text_projected": ("clip_text_projected", 1, []),
    "clip_vision": ("clip_vision", 1, []),
    "clip_vision_former": ("clip_vision_former", 2, []),
    "clip_vision_projected": ("clip_vision_projected", 3, [25, 21]),
}
"""A base, the number of pictures, and their size if it is not the model's."""


def inputs(name: str, base: str, rows: int, size: list[int]) -> dict[str, torch.Tensor]:
    config = bases.ALL[base].config
    if config.model_type == "clip_text_model":
        ids = torch.randint(3, 50, (rows, 8), generator=setting.generator(f"vision/{name}"))
        ids[:, -2:] = 55
        return {"input_ids": ids}
    if config.model_type == "clip":  # more pictures than texts
        ids = torch.randint(3, 50, (rows - 1, 8), generator=setting.generator(f"vision/{name}/ids"))
        ids[:, -3:] = 55
        return {"input_ids": ids, **inputs_of(config.vision_config, name, rows, size)}
    return inputs_of(config, name, rows, size)


def inputs_of(config: PreTrainedConfig, name: str, rows: int, size: list[int]) -> dict[str, torch.Tensor]:
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
