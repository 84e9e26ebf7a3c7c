"""Writes a tiny CLIP with its tokenizer, and what it says of pictures: python zero_shot.py; needs what pictures.py and prompts_of_pictures.py write"""

import setting  # first: sets the environment

import json

import torch
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.image_utils import load_image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

ROOT = setting.GOLDEN.parents[4]
FOLDER = ROOT / "peft-cli/src/test/resources/zero-shot"
PROMPTS = ROOT / "peft-diffusion/src/test/resources/prompts/tokenizer"
PICTURES = ROOT / "peft-vision/src/test/resources/pictures/files"
TEXTS = ["a photo of a cat", "two old dogs", "a mat in the winter town"]
NAMES = ["color.png", "tall.png", "grey.jpg", "turned_6.jpg"]


@torch.no_grad()
def main() -> None:
    vocabulary = json.loads((PROMPTS / "vocab.json").read_text())
    merges = [tuple(line.split(" ")) for line in (PROMPTS / "merges.txt").read_text().split("\n")[1:] if line]
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=12)
    tower = {"hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 3}
    end = vocabulary["<|endoftext|>"]
    config = CLIPConfig(
        text_config=tower | {"vocab_size": len(vocabulary), "max_position_embeddings": 12, "bos_token_id": end - 1, "eos_token_id": end},
        vision_config=tower | {"image_size": 16, "patch_size": 4},
        projection_dim=8,
    )
    model = CLIPModel(config).eval()
    for name, parameter in model.named_parameters():
        if name != "logit_scale":
            parameter.copy_(setting.normal(name, parameter, 0.3) + (1.0 if "norm" in name and name.endswith("weight") else 0.0))
    processor = CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    for part in (model, tokenizer, processor):
        part.save_pretrained(FOLDER)
    pixels = processor([load_image(str(PICTURES / name)) for name in NAMES], return_tensors="pt")["pixel_values"]
    texts = tokenizer(TEXTS, padding=True, return_tensors="pt")
    logits = model(pixel_values=pixels, **texts).logits_per_image
    expected = {name: dict(zip(TEXTS, row.tolist())) for name, row in zip(NAMES, logits.softmax(1))}
    setting.write_json(FOLDER / "expected.json", expected)
    print(expected)


main()
