"""Writes the golden files of UNets with adapters: python diffusion.py [case ...]; needs diffusers.

All is computed in FP64 and written in FP32: in FP32 the reference's own gradients are up to 1.2e-5 from those.
"""

import setting  # first: sets the environment

import contextlib
import copy
import io
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from peft import IA3Config, LoHaConfig, LoraConfig, PeftConfig, PeftModel, get_peft_model, get_peft_model_state_dict

from safetensors.torch import load_file

from first_values import first_value

GOLDEN = Path(__file__).resolve().parent.parent / "peft-diffusion/src/test/resources/golden"
STEPS = 5
ATTENTION = ["to_k", "to_q", "to_v", "to_out.0"]
CONVOLUTIONS = ["conv_in", "conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv", "conv_out", "proj_in", "proj_out"]

BASES = {
    "sd1": dict(
        block_out_channels=(8, 16), norm_num_groups=4, layers_per_block=1, cross_attention_dim=12, attention_head_dim=2,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ),
    "sd2": dict(
        block_out_channels=(8, 8, 16), norm_num_groups=2, layers_per_block=(1, 2, 1), cross_attention_dim=12, attention_head_dim=(1, 2, 4),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        use_linear_projection=True, upcast_attention=True, only_cross_attention=(False, True, False), transformer_layers_per_block=(2, 1, 1),
        in_channels=3, out_channels=5, norm_eps=1e-4,
    ),
    "odd": dict(
        block_out_channels=(8, 8), norm_num_groups=2, layers_per_block=2, cross_attention_dim=6, attention_head_dim=4, mid_block_type=None,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        flip_sin_to_cos=False, freq_shift=1, time_embedding_dim=10, conv_in_kernel=5, conv_out_kernel=1, act_fn="swish",
    ),
}


AUTOENCODERS = {
    "sd1": dict(
        block_out_channels=(8, 16, 16), norm_num_groups=4, layers_per_block=1, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    ),
    "odd": dict(
        block_out_channels=(8, 8), norm_num_groups=2, layers_per_block=2, latent_channels=3, in_channels=1, out_channels=2, scaling_factor=0.5,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, use_quant_conv=False, use_post_quant_conv=False,
    ),
}


@dataclass
class Case:
    description: str
    base: str
    config: PeftConfig
    batch: int
    height: int
    width: int
    tokens: int = 5
    steps: list[int] = field(default_factory=lambda: [999, 0, 417])


def lora(targets: list[str] | str, **more: object) -> LoraConfig:
    return LoraConfig(**{"r": 3, "lora_alpha": 5, "target_modules": targets, **more})


CASES = {
    "attention": Case("LoRA on all attentions, as diffusers' scripts have it", "sd1", lora(ATTENTION), 2, 8, 6),
    "convolutions": Case(
        "LoRA on every convolution, with ranks of their own; extents that are no multiple of two",
        "sd1", lora(CONVOLUTIONS, rank_pattern={"conv1": 2, "conv_in": 5}, alpha_pattern={"proj_out": 7}), 1, 7, 5,
    ),
    "dora": Case("DoRA on linear maps and convolutions", "sd1", lora(["to_q", "to_v", "conv1", "proj_in", "downsamplers.0.conv"], use_dora=True), 3, 6, 4),
    "sd2": Case("The form of Stable Diffusion 2; extents that are no multiple of four", "sd2", lora([*ATTENTION, "proj_in", "net.0.proj"], use_rslora=True, lora_alpha=2), 2, 6, 9),
    "time": Case(
        "LoRA on the embedding of the time step and its maps, and a convolution trained as a whole",
        "sd1", lora(["linear_1", "linear_2", "time_emb_proj"], modules_to_save=["conv_in", "conv_norm_out"]), 3, 4, 4,
    ),
    "top": Case("LoRA on the last blocks only: nothing below them goes back", "sd2", lora(r"up_blocks\.2\..*(to_v|conv2)"), 1, 8, 8),
    "middle": Case("LoRA on the middle block only: what the way down kept needs no gradient", "sd2", lora(r"mid_block\..*(to_k|to_out\.0|conv1)"), 2, 5, 7),
    "odd": Case("Other kernels, sinusoids and blocks, no middle", "odd", lora([*ATTENTION, "conv2", "conv_in", "conv_out"]), 2, 9, 6),
    "ia3": Case(
        "(IA)3 on maps and convolutions, on inputs and outputs", "sd1",
        IA3Config(target_modules=["to_k", "to_v", "net.2", "conv1", "conv2"], feedforward_modules=["net.2", "conv2"]), 2, 6, 5,
    ),
    "loha": Case("LoHa on maps and convolutions", "sd1", LoHaConfig(r=2, alpha=3, target_modules=["to_q", "conv1", "downsamplers.0.conv"]), 1, 6, 4),
}


def write_base(name: str) -> None:
    folder = GOLDEN / "bases" / name / "unet"
    shutil.rmtree(folder, ignore_errors=True)
    model = UNet2DConditionModel(**BASES[name])
    fill(name, model)
    model.save_pretrained(folder)


def write_autoencoder(name: str) -> None:
    """The folder, pictures and their latents, latents and their pictures; sd1 has the keys of diffusers' first versions."""
    folder = GOLDEN / "bases" / name / "vae"
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoencoderKL(**AUTOENCODERS[name])
    fill(f"{name}/vae", model)
    model.save_pretrained(folder)
    if name == "sd1":
        path = folder / "diffusion_pytorch_model.safetensors"
        former = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
        tensors = load_file(path)
        for today, then in former.items():
            tensors = {key.replace(today, then): value for key, value in tensors.items()}
        setting.write_tensors(path, tensors)
    model = AutoencoderKL.from_pretrained(folder).double().eval()
    generator = setting.generator(f"{name}/vae")
    pictures = torch.rand((2, model.config.in_channels, 12, 9), generator=generator) * 2 - 1
    latents = torch.randn((2, model.config.latent_channels, 3, 4), generator=generator)
    with torch.no_grad():
        found = model.encode(pictures.double()).latent_dist
        decoded = model.decode(latents.double()).sample
    tensors = {"pictures": pictures, "mean": found.mean, "std": found.std, "latents": latents, "decoded": decoded}
    setting.write_tensors(GOLDEN / "autoencoders" / f"{name}.safetensors", {key: value.float() for key, value in tensors.items()})


def fill(name: str, model: torch.nn.Module) -> None:
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(weight(f"{name}/{key}", key, parameter))


def weight(seed: str, key: str, parameter: torch.Tensor) -> torch.Tensor:
    """Of about the size that keeps the size of what passes, so that no part drowns another."""
    if parameter.dim() == 1:
        return (0.0 if key.endswith("bias") else 1.0) + setting.normal(seed, parameter, 0.2)
    return setting.normal(seed, parameter, parameter[0].numel() ** -0.5)


def load(name: str) -> UNet2DConditionModel:
    model = UNet2DConditionModel.from_pretrained(GOLDEN / "bases" / name / "unet").double()
    model.register_to_config(_name_or_path=name)  # no path of this machine
    model.name_or_path = name
    return model.eval()


def inputs_of(name: str, case: Case) -> dict[str, torch.Tensor]:
    base = load(case.base).config

    def random(what: str, *shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=setting.generator(f"{name}/{what}"))

    return {
        "sample": random("sample", case.batch, base.in_channels, case.height, case.width),
        "timestep": torch.tensor(case.steps[: case.batch]),
        "encoder_hidden_states": random("text", case.batch, case.tokens, base.cross_attention_dim),
        "target": random("target", case.batch, base.out_channels, case.height, case.width),
    }


def run(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    return model(inputs["sample"].double(), inputs["timestep"], inputs["encoder_hidden_states"].double()).sample


def loss_of(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.nn.functional.mse_loss(run(model, inputs), inputs["target"].double())


def trainable(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    return {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}


def keyed(model: PeftModel, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    result = get_peft_model_state_dict(model, dict(tensors), save_embedding_layers=False)
    assert len(result) == len(tensors), (sorted(result), sorted(tensors))
    return result


def adapted(name: str, case: Case) -> PeftModel:
    model = get_peft_model(load(case.base).float(), copy.deepcopy(case.config))
    with torch.no_grad():
        for key, parameter in trainable(model).items():
            parameter.copy_(first_value(name, key, parameter, case.config))
    return model.eval()


def reload(case: Case, folder: Path) -> PeftModel:
    return PeftModel.from_pretrained(load(case.base), str(folder), is_trainable=True).double().eval()


def save(model: PeftModel, folder: Path) -> None:
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    setting.sort_sets(folder / "adapter_config.json")


def expected(case: Case, folder: Path, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    model = reload(case, folder)
    with torch.no_grad():
        result = {
            "base_sample": run(load(case.base), inputs),
            "merged_sample": run(reload(case, folder).merge_and_unload(safe_merge=True), inputs),
            "sample": run(model, inputs),
        }
    loss = loss_of(model, inputs)
    loss.backward()
    result["loss"] = loss.reshape(1)
    gradients = keyed(model, {key: parameter.grad.clone() for key, parameter in trainable(model).items()})
    for key, gradient in gradients.items():
        assert gradient.abs().max() > 1e-5, f"{key} has no gradient to speak of"
    result.update({f"grad.{key}": gradient for key, gradient in gradients.items()})
    optimizer = torch.optim.AdamW(trainable(model).values(), lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, inputs)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    result["losses_adamw"] = torch.tensor(losses)
    result.update({f"after_adamw.{key}": value.detach() for key, value in keyed(model, trainable(model)).items()})
    return result


def write(name: str) -> None:
    case, folder = CASES[name], GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    inputs = inputs_of(name, case)
    model = adapted(name, case)
    save(model, folder / "adapter")
    result = expected(case, folder / "adapter", inputs)
    with torch.no_grad():
        assert torch.equal(run(adapted(name, case).double(), inputs), result["sample"]), name
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", {key: value.float() for key, value in result.items()})
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        model.print_trainable_parameters()
    setting.write_json(
        folder / "case.json",
        {
            "description": case.description,
            "base": case.base,
            "learning_rate": 0.01,
            "weight_decay": 0.1,
            "trainable_parameters_text": text.getvalue().strip(),
        },
    )


def main(names: list[str]) -> None:
    for name in BASES:
        write_base(name)
    for name in AUTOENCODERS:
        write_autoencoder(name)
    for name in names or CASES:
        print(name, flush=True)
        write(name)


if __name__ == "__main__":
    main(sys.argv[1:])
