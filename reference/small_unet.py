"""Trains the examples' small UNet and draws the pictures that an adapter learns: PYTHONPATH=diffusers/src python small_unet.py [STEPS [RATE]]

Goes on from the weights that are there, if there are some. The model is a Stable Diffusion without an autoencoder: 28 × 28 pixels, a
text encoder, a tokenizer and a schedule in diffusers' folders. It draws eight forms, black on white, by their names. The adapter's
pictures show four of them at night. Both are made here; nothing is read but what this script wrote. The weights that come with the
examples took some 2,400 steps in several runs.
"""

import setting  # first: sets the environment

import copy
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel

from drawn_forms import FORMS, LEARNED, SIZE, by_day, by_night, caption, covered, judge, read_outlines, write_outlines
from prompts_of_pictures import BEGIN, END, tokenizer

torch.utils.deterministic.fill_uninitialized_memory = False  # nothing reads it, and it takes as long as a product
EACH = 10  # pictures by night of each learned form
PICTURES, BATCH, STEPS, RATE = 2000, 16, 3000, 1.5e-3
LENGTH = 8
FOLDER = setting.GOLDEN.parents[4] / "examples/src/main/resources/pictures"
RESOURCES, NIGHT_PICTURES, OUTLINES = FOLDER / "small-unet", FOLDER / "night", FOLDER / "outlines.png"
NOISES = DDIMScheduler(beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", timestep_spacing="trailing")
DRAWING_STEPS, GUIDANCE = 5, 2.0


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture.round() / 127.5 - 1).float().permute(2, 0, 1)


def models() -> tuple[UNet2DConditionModel, CLIPTextModel, torch.Tensor]:
    """The weights that are there, or random ones; and the ids of each form's caption, and of no text."""
    clip = tokenizer(RESOURCES / "tokenizer", [caption(form) for form in FORMS], LENGTH)
    captions = [*map(caption, FORMS), ""]
    ids = clip(captions, padding="max_length", max_length=LENGTH, return_tensors="pt").input_ids
    if (RESOURCES / "unet").exists():
        unet = UNet2DConditionModel.from_pretrained(RESOURCES / "unet", torch_dtype=torch.float32)
        return unet, CLIPTextModel.from_pretrained(RESOURCES / "text_encoder", dtype=torch.float32), ids
    vocabulary = clip.get_vocab()
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=LENGTH,
            bos_token_id=vocabulary[BEGIN],
            eos_token_id=vocabulary[END],
            pad_token_id=vocabulary["!"],
        )
    )
    unet = UNet2DConditionModel(
        sample_size=SIZE,
        in_channels=3,
        out_channels=3,
        block_out_channels=(16, 32, 48),
        layers_per_block=1,
        norm_num_groups=8,
        cross_attention_dim=32,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    )
    return unet, text, ids


def loss_of(unet: torch.nn.Module, pictures: torch.Tensor, noise: torch.Tensor, at: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    predicted = unet(NOISES.add_noise(pictures, noise, at), at, states).sample
    return (predicted - NOISES.get_velocity(pictures, noise, at)).square().mean()


def train(unet: UNet2DConditionModel, text: CLIPTextModel, ids: torch.Tensor, steps: int, rate: float) -> None:
    """Both learn; their weights become averages over steps. One text in ten is left out, for guidance."""
    random = np.random.default_rng(28)
    kinds = torch.from_numpy(random.integers(len(FORMS), size=PICTURES))
    pictures = torch.stack([tensor(by_day(covered(FORMS[kind], random))) for kind in kinds])
    generator = setting.generator(f"small_unet {steps} {rate}")
    parameters = [*unet.parameters(), *text.parameters()]
    average = [parameter.detach().clone() for parameter in parameters]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01)
    factor = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps, pct_start=0.05)
    begin, total = time.time(), 0.0
    for step in range(steps):
        rows = torch.randint(0, PICTURES, (BATCH,), generator=generator)
        said = torch.where(torch.rand(BATCH, generator=generator) < 0.1, len(FORMS), kinds[rows])
        noise = torch.randn((BATCH, 3, SIZE, SIZE), generator=generator)
        at = torch.randint(0, NOISES.config.num_train_timesteps, (BATCH,), generator=generator)
        loss = loss_of(unet, pictures[rows], noise, at, text(ids).last_hidden_state[said])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        factor.step()
        keep = min(0.995, step / (step + 10))
        with torch.no_grad():
            for mean, parameter in zip(average, parameters):
                mean.lerp_(parameter, 1 - keep)
        total += loss.item()
        if step % 50 == 49:
            print(f"step {step + 1}: loss {total / 50:.4f}, {time.time() - begin:.0f} s", flush=True)
            total = 0.0
        if step % 100 == 99:
            save(unet, text, parameters, average)
    with torch.no_grad():
        for parameter, mean in zip(parameters, average):
            parameter.copy_(mean)
    save(unet, text, parameters, average)


def save(unet: UNet2DConditionModel, text: CLIPTextModel, parameters: list[torch.Tensor], average: list[torch.Tensor]) -> None:
    """The averages, in F16."""
    now = [parameter.detach().clone() for parameter in parameters]
    with torch.no_grad():
        for parameter, mean in zip(parameters, average):
            parameter.copy_(mean)
        for model, name in ((unet, "unet"), (text, "text_encoder")):
            copy.deepcopy(model).half().save_pretrained(RESOURCES / name)
            config = json.loads((RESOURCES / name / "config.json").read_text())
            config.pop("_name_or_path", None)  # where it was read
            setting.write_json(RESOURCES / name / "config.json", config)
        for parameter, value in zip(parameters, now):
            parameter.copy_(value)


def draw(unet: torch.nn.Module, states: torch.Tensor, each: int) -> list[tuple[str, np.ndarray]]:
    """Pictures of all forms, of the same noise each time."""
    NOISES.set_timesteps(DRAWING_STEPS)
    forms = FORMS * each
    said, none = states[: len(FORMS)].repeat(each, 1, 1), states[len(FORMS) :]
    x = torch.randn((len(forms), 3, SIZE, SIZE), generator=setting.generator("pictures of forms"))
    with torch.no_grad():
        for at in NOISES.timesteps:
            free, bound = unet(torch.cat([x, x]), at, torch.cat([none.expand_as(said), said])).sample.chunk(2)
            x = NOISES.step(free + GUIDANCE * (bound - free), at, x).prev_sample
    pictures = ((x.clamp(-1, 1) + 1) * 127.5).round().permute(0, 2, 3, 1).double().numpy()
    return list(zip(forms, pictures))


def night_pictures() -> None:
    random = np.random.default_rng(29)
    NIGHT_PICTURES.mkdir(parents=True, exist_ok=True)
    lines = []
    for i in range(EACH):
        for form in LEARNED:
            name = f"{form}-{i}.png"
            Image.fromarray(by_night(covered(form, random)).round().astype(np.uint8)).save(NIGHT_PICTURES / name)
            lines.append(json.dumps({"file_name": name, "text": caption(form)}) + "\n")
    (NIGHT_PICTURES / "metadata.jsonl").write_text("".join(lines))


def main(steps: int, rate: float) -> None:
    night_pictures()
    write_outlines(OUTLINES)
    torch.manual_seed(28)
    unet, text, ids = models()
    print(f"{sum(p.numel() for p in unet.parameters()):,} + {sum(p.numel() for p in text.parameters()):,} parameters")
    NOISES.save_pretrained(RESOURCES / "scheduler")
    if steps > 0:
        train(unet, text, ids, steps, rate)
    with torch.no_grad():
        states = text(ids).last_hidden_state
    judge("base", draw(unet, states, 3), read_outlines(OUTLINES))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STEPS, float(sys.argv[2]) if len(sys.argv) > 2 else RATE)
