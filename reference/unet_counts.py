"""Writes what PEFT counts as trainable on UNets of Stable Diffusion's sizes, without their weights: python unet_counts.py; needs diffusers."""

import setting  # first: sets the environment

import contextlib
import io
import json
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, get_peft_model


PLANS = Path(__file__).resolve().parent.parent / "peft-diffusion/src/test/resources/plan"
TARGETS = {
    "attention": ["to_q", "to_k", "to_v", "to_out.0"],
    "attention and feed-forward": ["to_q", "to_k", "to_v", "to_out.0", "proj", "net.2"],
    "all linear maps and convolutions": [
        "to_q", "to_k", "to_v", "to_out.0", "proj", "net.2", "proj_in", "proj_out", "conv1", "conv2", "conv_shortcut",
        "time_emb_proj", "downsamplers.0.conv", "upsamplers.0.conv", "conv_in", "conv_out", "linear_1", "linear_2",
    ],
}
RANKS = [1, 4, 8, 16, 32, 64, 128]


def text(config: dict, targets: list[str], rank: int) -> str:
    with torch.device("meta"):
        model = get_peft_model(UNet2DConditionModel.from_config(config), LoraConfig(r=rank, target_modules=targets))
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        model.print_trainable_parameters()
    return output.getvalue().strip()


def main() -> None:
    for folder in sorted(PLANS.iterdir()):
        config = json.loads((folder / "unet/config.json").read_text())
        with torch.device("meta"):
            count = sum(p.numel() for p in UNet2DConditionModel.from_config(config).parameters())
        lines = [{"targets": targets, "rank": rank, "text": text(config, targets, rank)} for targets in TARGETS.values() for rank in RANKS]
        setting.write_json(folder / "counts.json", {"parameters": count, "trainable": lines})


if __name__ == "__main__":
    main()
