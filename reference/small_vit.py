"""Trains the examples' small ViT and writes the pictures that an adapter learns: python small_vit.py FOLDER

The model reads handwritten digits, dark on white: those of scikit-learn, 8 × 8 pixels made 28 × 28. The adapter's pictures are other digits of
the same set, in colours on pieces of scikit-image's photographs. FOLDER gets them
as folders of classes.
"""

import setting  # first: sets the environment

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import data as samples
from sklearn.datasets import load_digits
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

SIZE = 28
BASE, TRAIN = 1000, 600  # how many digits the model learns, and how many the adapter; the rest measures
EPOCHS = 60
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")
RESOURCES = setting.GOLDEN.parents[4] / "examples/src/main/resources/pictures"
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def strokes(digit: np.ndarray) -> np.ndarray:
    """How much ink is where, 0 to 1, [28, 28]."""
    small = Image.fromarray((digit / 16 * 255).astype(np.uint8))
    large = np.asarray(small.resize((24, 24), Image.Resampling.BICUBIC), dtype=np.float64) / 255
    return np.pad(large, 2)


def plain(digit: np.ndarray) -> np.ndarray:
    return np.repeat((255 * (1 - strokes(digit)))[:, :, None], 3, axis=2).round().astype(np.uint8)


def on_photo(digit: np.ndarray, photos: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """The digit in a light colour on a darkened piece of a photograph."""
    photo = photos[random.integers(len(photos))]
    side = int(random.integers(60, 140))
    y, x = (int(random.integers(0, extent - side)) for extent in photo.shape[:2])
    piece = Image.fromarray(photo[y : y + side, x : x + side, :3]).resize((SIZE, SIZE), Image.Resampling.BOX)
    ground = 0.6 * np.asarray(piece, dtype=np.float64)
    color = random.uniform(150, 255, 3)
    ink = np.clip(1.3 * strokes(digit), 0, 1)[:, :, None]
    return (ink * color + (1 - ink) * ground).round().astype(np.uint8)


def train(model: ViTForImageClassification, pixels: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    steps = EPOCHS * -(-len(labels) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=steps)
    generator = setting.generator("order")
    for epoch in range(EPOCHS):
        for rows in torch.randperm(len(labels), generator=generator).split(64):
            shift = torch.randint(-2, 3, (2,), generator=generator).tolist()
            loss = model(pixel_values=pixels[rows].roll(shift, dims=(2, 3)), labels=labels[rows]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {loss.item():.4f}", flush=True)


def accuracy(model: ViTForImageClassification, pixels: torch.Tensor, labels: torch.Tensor) -> float:
    with torch.no_grad():
        return (model(pixel_values=pixels).logits.argmax(1) == labels).float().mean().item()


def main(folder: Path) -> None:
    torch.manual_seed(17)
    random = np.random.default_rng(17)
    digits = load_digits()
    images, labels = digits.images, torch.from_numpy(digits.target)
    config = ViTConfig(
        image_size=SIZE,
        patch_size=4,
        hidden_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=128,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(NAMES)),
        label2id={name: i for i, name in enumerate(NAMES)},
    )
    model = ViTForImageClassification(config)
    processor = ViTImageProcessorPil(size={"height": SIZE, "width": SIZE})

    def prepared(pictures: list[np.ndarray]) -> torch.Tensor:
        return processor([Image.fromarray(picture) for picture in pictures], return_tensors="pt")["pixel_values"]

    clean = prepared([plain(digit) for digit in images])
    train(model, clean[:BASE], labels[:BASE])
    photos = [getattr(samples, name)() for name in PHOTOS]
    other = [on_photo(digit, photos, random) for digit in images[BASE:]]
    print(f"accuracy on other plain digits: {accuracy(model, clean[BASE:], labels[BASE:]):.4f}")
    print(f"accuracy on photographs: {accuracy(model, prepared(other), labels[BASE:]):.4f}")

    model.save_pretrained(RESOURCES / "small-vit")
    processor.save_pretrained(RESOURCES / "small-vit")
    parts = {"train": (0, TRAIN), "test": (TRAIN, len(other) // 20 * 20)}
    for name, (begin, end) in parts.items():
        numbers = labels[BASE + begin : BASE + end].tolist()
        for i, (picture, number) in enumerate(zip(other[begin:end], numbers)):
            target = folder / name / NAMES[number]
            target.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(target / f"{i:03}.png")


main(Path(sys.argv[1]))
