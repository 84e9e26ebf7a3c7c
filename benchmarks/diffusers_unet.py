"""Times training steps of a UNet in diffusers with PEFT, as org.peft4j.benchmarks.picture.UNetSteps does; prints one line of JSON for each.

With --make and a UNet's config.json it first writes a model of that shape with random weights. Needs torch, diffusers, peft and safetensors.
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", required=True, type=Path)
parser.add_argument("--make", type=Path, help="a UNet's config.json")
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--steps", type=int, default=3)
parser.add_argument("--rank", type=int, default=4)
parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
parser.add_argument("--checkpointing", action="store_true")
parser.add_argument("--threads", type=int, default=2)


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


def peak() -> float:
    """The highest resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def main() -> None:
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.make:
        make(options.make, options.model)
        return
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    model = UNet2DConditionModel.from_pretrained(options.model / "unet", torch_dtype=dtype)
    model.requires_grad_(False)
    model.add_adapter(
        LoraConfig(r=options.rank, lora_alpha=options.rank, target_modules=["to_k", "to_q", "to_v", "to_out.0"])
    )
    if options.checkpointing:
        model.enable_gradient_checkpointing()
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.Adam(trained, lr=1e-4)
    for _ in range(options.steps):
        sample = torch.randn(1, model.config.in_channels, options.side, options.side, dtype=dtype)
        text = torch.randn(1, 77, model.config.cross_attention_dim, dtype=dtype)
        target = torch.randn(1, model.config.out_channels, options.side, options.side)
        start = time.perf_counter()
        used = sum(os.times()[:2])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            prediction = model(sample, torch.tensor([500]), text).sample
        loss = torch.nn.functional.mse_loss(prediction.float(), target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        row = {
            "seconds": round(time.perf_counter() - start, 2),
            "cpu_seconds": round(sum(os.times()[:2]) - used, 2),
            "peak_mb": round(peak()),
            "loss": round(loss.item(), 5),
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
