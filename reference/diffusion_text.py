"""Writes what diffusers, transformers and PEFT make of a UNet and its text encoder that train together: PYTHONPATH=diffusers/src python diffusion_text.py

Needs the bases of diffusion.py and the text encoder of prompts_of_pictures.py. All is computed in FP64 and written in FP32.
"""

import setting  # first: sets the environment

import copy
import shutil

import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import CLIPTextModel

import diffusion
from first_values import first_value

ROOT = setting.GOLDEN.parents[4] / "peft-diffusion/src/test/resources"
FOLDER = ROOT / "text-encoder"
TEXT = ROOT / "prompts/text_encoder"
NAME = "pytorch_lora_weights.safetensors"
PREFIX = "base_model.model."
CONFIGS = {
    "unet": LoraConfig(r=3, lora_alpha=5, target_modules=diffusion.ATTENTION),
    "text_encoder": LoraConfig(r=2, lora_alpha=3, target_modules=["q_proj", "k_proj", "v_proj", "out_proj"]),
}


def base(part: str) -> torch.nn.Module:
    if part == "unet":
        return diffusion.load("sd1")
    model = CLIPTextModel.from_pretrained(TEXT).double().eval()
    model.config._name_or_path = model.name_or_path = "text_encoder"
    return model


def folder(part: str):
    """As peft4j lays them out: the UNet's adapter, and the text encoder's inside."""
    return FOLDER / "adapter" / ("" if part == "unet" else part)


def save(part: str) -> None:
    model = get_peft_model(base(part).float(), copy.deepcopy(CONFIGS[part]))
    with torch.no_grad():
        for key, parameter in diffusion.trainable(model).items():
            parameter.copy_(first_value(f"diffusion_text/{part}", key, parameter, CONFIGS[part]))
    diffusion.save(model, folder(part))


def reload(part: str) -> PeftModel:
    return PeftModel.from_pretrained(base(part), str(folder(part)), is_trainable=True).double().eval()


def inputs() -> dict[str, torch.Tensor]:
    def random(what: str, *shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=setting.generator(f"diffusion_text/{what}"))

    ids = torch.randint(0, 500, (2, 12), generator=setting.generator("diffusion_text/ids"))
    ids[:, 0], ids[0, 7:], ids[1, 11] = 562, 563, 563
    return {"sample": random("sample", 2, 4, 8, 6), "timestep": torch.tensor([700, 20]), "input_ids": ids, "target": random("target", 2, 4, 8, 6)}


def run(unet: torch.nn.Module, text: torch.nn.Module, given: dict[str, torch.Tensor]) -> torch.Tensor:
    states = text(given["input_ids"]).last_hidden_state
    return diffusion.run(unet, {**given, "encoder_hidden_states": states})


def keyed(models: dict[str, PeftModel], of) -> dict[str, torch.Tensor]:
    result = {}
    for part, model in models.items():
        tensors = {key: of(value) for key, value in diffusion.trainable(model).items()}
        result.update({f"{part}.{key}": value for key, value in diffusion.keyed(model, tensors).items()})
    return result


def trained(given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    models = {part: reload(part) for part in CONFIGS}
    parameters = [parameter for model in models.values() for parameter in diffusion.trainable(model).values()]
    optimizer = torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1)
    result, losses = {}, []
    for step in range(diffusion.STEPS):
        sample = run(models["unet"], models["text_encoder"], given)
        loss = torch.nn.functional.mse_loss(sample, given["target"].double())
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            result = {"sample": sample, "loss": loss.reshape(1), **{f"grad.{key}": value for key, value in keyed(models, lambda p: p.grad.clone()).items()}}
        optimizer.step()
        losses.append(loss.item())
    result["losses_adamw"] = torch.tensor(losses)
    return {**result, **{f"after_adamw.{key}": value for key, value in keyed(models, lambda p: p.detach()).items()}}


def files(given: dict[str, torch.Tensor]) -> None:
    """diffusers' file by its own function, as it reads it; with the names of transformers 4; and kohya's."""
    layers = {
        part: {key.removeprefix(PREFIX): value for key, value in load_file(folder(part) / "adapter_model.safetensors").items()} for part in CONFIGS
    }
    StableDiffusionPipeline.save_lora_weights(
        FOLDER / "diffusers",
        unet_lora_layers=layers["unet"],
        text_encoder_lora_layers=layers["text_encoder"],
        unet_lora_adapter_metadata=CONFIGS["unet"].to_dict(),
        text_encoder_lora_adapter_metadata=CONFIGS["text_encoder"].to_dict(),
    )
    unet, text = base("unet").float(), base("text_encoder").float()
    state, alphas, metadata = StableDiffusionPipeline.lora_state_dict(
        str(FOLDER / "diffusers"), unet_config=unet.config, weight_name=NAME, return_lora_metadata=True
    )
    StableDiffusionPipeline.load_lora_into_unet(state, network_alphas=alphas, unet=unet, metadata=metadata)
    StableDiffusionPipeline.load_lora_into_text_encoder(state, network_alphas=alphas, text_encoder=text, prefix="text_encoder", metadata=metadata)
    with torch.no_grad():
        print("diffusers reads its file:", (run(unet.double(), text.double(), given) - expected["sample"]).abs().max().item())
    former = {key.replace("text_encoder.encoder.", "text_encoder.text_model.encoder."): value for key, value in load_file(FOLDER / "diffusers" / NAME).items()}
    former = {**former, **{f"{key.split('.lora_A')[0]}.alpha": torch.tensor(alpha(key)) for key in former if ".lora_A" in key}}
    setting.write_tensors(FOLDER / "former" / NAME, former)
    kohya = {}
    for part, prefix, root in (("unet", "lora_unet_", ""), ("text_encoder", "lora_te_", "text_model_")):
        for key, value in layers[part].items():
            module, end = key.split(".lora_", 1)
            name = prefix + root + module.replace(".", "_")
            kohya[f"{name}.lora_{ {'A.weight': 'down', 'B.weight': 'up'}[end] }.weight"] = value
            kohya[f"{name}.alpha"] = torch.tensor(float(CONFIGS[part].lora_alpha))
    setting.write_tensors(FOLDER / "kohya" / "both.safetensors", kohya)


def alpha(key: str) -> float:
    return float(CONFIGS["text_encoder" if key.startswith("text_encoder.") else "unet"].lora_alpha)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in CONFIGS:
        save(name)
    batch = inputs()
    expected = trained(batch)
    files(batch)
    setting.write_tensors(FOLDER / "inputs.safetensors", batch)
    setting.write_tensors(FOLDER / "expected.safetensors", {key: value.float() for key, value in expected.items()})
