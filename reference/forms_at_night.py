"""The example FormsAtNight by Hugging Face PEFT and diffusers: PYTHONPATH=diffusers/src python forms_at_night.py OUTPUT [STEPS]

OUTPUT is the folder that the example has filled. Judges its pictures; draws with the base, with the adapter that the example saved, and
with one that PEFT trains from the same base on the same pictures; and compares the three on held-out pictures with the same noise.
"""

import setting  # first: sets the environment

import json
import sys
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image

from drawn_forms import FORMS, caption, judge, read_outlines
from small_unet import NIGHT_PICTURES, NOISES, OUTLINES, draw, loss_of, models, tensor

HELD_OUT, BATCH, RATE, STEPS, EACH, DRAWS = 8, 8, 1e-2, 200, 3, 16
RANK, ALPHA = 4, 8
TARGETS = r"conv_in|conv_out|(down_blocks\.0|up_blocks\.2)\.resnets\.\d\.(conv[12]|conv_shortcut|time_emb_proj)"


def read(folder: Path) -> list[tuple[str, np.ndarray]]:
    return [(file.name.split("-")[0], np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)) for file in sorted(folder.glob("*.png"))]


def night(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures and the states of their texts; the last ones are held out."""
    rows = [json.loads(line) for line in (NIGHT_PICTURES / "metadata.jsonl").read_text().splitlines()]
    pictures = [tensor(np.asarray(Image.open(NIGHT_PICTURES / row["file_name"]), dtype=np.float64)) for row in rows]
    return torch.stack(pictures), states[[[caption(form) for form in FORMS].index(row["text"]) for row in rows]]


def held_out_loss(unet: torch.nn.Module, pictures: torch.Tensor, states: torch.Tensor) -> float:
    """The mean over draws of noise, and as many levels of it."""
    generator = setting.generator("forms at night, held out")
    losses = []
    with torch.no_grad():
        for i in range(DRAWS):
            noise = torch.randn((HELD_OUT, *pictures.shape[1:]), generator=generator)
            at = torch.full((HELD_OUT,), int((i + 0.5) / DRAWS * NOISES.config.num_train_timesteps))
            losses.append(loss_of(unet, pictures[-HELD_OUT:], noise, at, states[-HELD_OUT:]).item())
    return float(np.mean(losses))


def train(adapted: torch.nn.Module, pictures: torch.Tensor, states: torch.Tensor, steps: int) -> None:
    """As FineTuner does: AdamW, a rate that falls to zero linearly, gradients of norm 1 at the most."""
    parameters = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)
    factor = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    generator = setting.generator("forms at night, training")
    order, total = torch.empty(0, dtype=torch.long), 0.0
    for step in range(steps):
        if len(order) == 0:
            order = torch.randperm(len(pictures) - HELD_OUT, generator=generator)
        chosen, order = order[:BATCH], order[BATCH:]
        noise = torch.randn((BATCH, *pictures.shape[1:]), generator=generator)
        at = torch.randint(0, NOISES.config.num_train_timesteps, (BATCH,), generator=generator)
        loss = loss_of(adapted, pictures[chosen], noise, at, states[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        factor.step()
        total += loss.item()
        if step % 50 == 49:
            print(f"step {step + 1}: loss {total / 50:.4f}", flush=True)
            total = 0.0


def main(output: Path, steps: int) -> None:
    outlines = read_outlines(OUTLINES)
    for name in ("before", "after", "merged"):
        judge(f"PEFT4J {name}", read(output / name), outlines)
    unet, text, ids = models()
    with torch.no_grad():
        all_states = text(ids).last_hidden_state
    pictures, states = night(all_states)

    def tell(name: str, model: torch.nn.Module) -> None:
        print(f"{name}: held-out loss {held_out_loss(model, pictures, states):.4f}")
        judge(name, draw(model, all_states, EACH), outlines)

    tell("base by diffusers", unet)
    tell("PEFT4J's adapter by PEFT", PeftModel.from_pretrained(unet, output / "adapter"))
    torch.manual_seed(7)
    adapted = get_peft_model(models()[0], LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS))
    adapted.print_trainable_parameters()
    train(adapted, pictures, states, steps)
    tell("PEFT's own", adapted)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STEPS)
