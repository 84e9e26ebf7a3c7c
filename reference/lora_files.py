"""Writes adapters of diffusion.py's cases in the forms of diffusers and kohya, and what diffusers makes of them: python lora_files.py; needs diffusers."""

import setting  # first: sets the environment

import shutil

import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import PeftConfig
from safetensors.torch import load_file

import diffusion

FILES = diffusion.GOLDEN / "files"
ROOT = "base_model.model."
FORMER = {
    ".attn1.to_out.0.lora.": ".attn1.processor.to_out_lora.", ".attn2.to_out.0.lora.": ".attn2.processor.to_out_lora.",
    **{f".{attention}.to_{each}.lora.": f".{attention}.processor.to_{each}_lora." for attention in ("attn1", "attn2") for each in "qkv"},
}
NAME = "pytorch_lora_weights.safetensors"


def tensors_of(case: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(ROOT): value for key, value in load_file(diffusion.GOLDEN / case / "adapter/adapter_model.safetensors").items()}


def kohya(case: str, config: PeftConfig) -> dict[str, torch.Tensor]:
    """Keys with underscores for dots, and an alpha for each module."""
    result = {}
    for key, value in tensors_of(case).items():
        module, end = key.split(".lora_", 1)
        name = "lora_unet_" + module.replace(".", "_")
        result[f"{name}.lora_{ {'A.weight': 'down', 'B.weight': 'up'}[end] }.weight"] = value.half().float()
        alpha = next((v for k, v in config.alpha_pattern.items() if module.endswith(k)), config.lora_alpha)
        result[f"{name}.alpha"] = torch.tensor(float(alpha))
    return result


def sample(base: str, inputs: dict[str, torch.Tensor], folder) -> torch.Tensor:
    """By diffusers' own reading of the file."""
    unet = diffusion.load(base).float()
    state, alphas, metadata = StableDiffusionPipeline.lora_state_dict(str(folder), unet_config=unet.config, weight_name=NAME, return_lora_metadata=True)
    StableDiffusionPipeline.load_lora_into_unet(state, network_alphas=alphas, unet=unet, metadata=metadata)
    with torch.no_grad():
        return diffusion.run(unet.double(), inputs)


def write(name: str, case: str, tensors: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], config: PeftConfig | None = None) -> None:
    folder = FILES / name
    folder.mkdir(parents=True)
    if config is None:
        setting.write_tensors(folder / NAME, tensors)
    else:
        StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=tensors, unet_lora_adapter_metadata=config.to_dict())
    inputs = load_file(diffusion.GOLDEN / case / "inputs.safetensors")
    expected[name] = sample(diffusion.CASES[case].base, inputs, folder).float()
    print(name, (expected[name] - load_file(diffusion.GOLDEN / case / "expected.safetensors")["sample"]).abs().max().item())


def main() -> None:
    shutil.rmtree(FILES, ignore_errors=True)
    expected: dict[str, torch.Tensor] = {}
    for case in ("attention", "convolutions"):
        config = PeftConfig.from_pretrained(diffusion.GOLDEN / case / "adapter")
        write(f"{case}_diffusers", case, tensors_of(case), expected, config)
        write(f"{case}_kohya", case, kohya(case, config), expected)
    layers = {f"unet.{key}": value for key, value in convert_state_dict_to_diffusers(tensors_of("attention")).items()}
    write("attention_script", "attention", layers, expected)
    former = {}
    for key, value in layers.items():
        for today, then in FORMER.items():
            key = key.replace(today, then)
        former[key] = value
    write("attention_former", "attention", former, expected)
    setting.write_tensors(FILES / "expected.safetensors", expected)


if __name__ == "__main__":
    main()
