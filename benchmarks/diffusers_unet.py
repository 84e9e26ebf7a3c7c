"""Times training steps of a UNet in diffusers with PEFT, as org.peft4j.benchmarks.picture.UNetSteps does; prints one line of JSON for each.

With --make and a UNet's config.json it first writes a model of that shape with random weights. Needs torch, diffusers, peft and safetensors.
"""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig

import timed_steps

parser = timed_steps.parser(__doc__, rank=4)
parser.add_argument("--make", type=Path, help="a UNet's config.json")
parser.add_argument("--side", type=int, default=64)


def make(config: Path, folder: Path) -> None:
    with torch.device("meta"):
        model = UNet2DConditionModel.from_config(json.loads(config.read_text()))
    model = model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(float(name.endswith("weight")))
            else:
                parameter.normal_(0, (1 / parameter[0].numel()) ** 0.5, generator=generator)
    model.save_pretrained(folder / "unet")


def main() -> None:
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.make:
        make(options.make, options.model)
        return
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    model = UNet2DConditionModel.from_pretrained(options.model / "unet", torch_dtype=dtype)
    model.requires_grad_(False)
    model.add_adapter(LoraConfig(r=options.rank, lora_alpha=options.rank, target_modules=["to_k", "to_q", "to_v", "to_out.0"]))
    if options.checkpointing:
        model.enable_gradient_checkpointing()

    def losses() -> Callable[[], torch.Tensor]:
        sample = torch.randn(1, model.config.in_channels, options.side, options.side, dtype=dtype)
        text = torch.randn(1, 77, model.config.cross_attention_dim, dtype=dtype)
        target = torch.randn(1, model.config.out_channels, options.side, options.side)
        return lambda: torch.nn.functional.mse_loss(model(sample, torch.tensor([500]), text).sample.float(), target)

    timed_steps.run(model, options.steps, options.precision, losses)


if __name__ == "__main__":
    main()
