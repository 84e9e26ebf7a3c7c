"""Writes what transformers and PEFT make of pictures with texts: captions of a tiny BLIP, pairs of the tiny CLIP of zero_shot.py; python pictures_and_texts.py"""

import setting  # first: sets the environment

import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, CLIPModel, CLIPTokenizer
from transformers.image_utils import load_image
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

ROOT = setting.GOLDEN.parents[4]
FOLDER = ROOT / "peft-cli/src/test/resources/pictures-and-texts"
CLIP = ROOT / "peft-cli/src/test/resources/zero-shot"
TEXTS = ["a cat on the mat", "two old dogs", "the old town in winter", "a dog", "three cats and a dog", "a mat in town"]
BATCHES = [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3]]
"""Batches of four without shuffling; three steps."""
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "and", "cat", "dog", "##s", "in", "mat", "old", "on", "the", "three", "town", "two", "winter"]
BEGIN = len(WORDS)


def pictures() -> list[str]:
    names = []
    for number in range(len(TEXTS)):
        size = (3, 10 + number, 17 - number)
        noise = torch.randint(0, 256, size, generator=setting.generator(f"picture {number}"), dtype=torch.uint8)
        names.append(f"{number}.png")
        Image.fromarray(noise.permute(1, 2, 0).numpy()).save(FOLDER / "data" / names[-1])
    lines = [f'{{"file_name": "{name}", "text": "{text}"}}\n' for name, text in zip(names, TEXTS)]
    (FOLDER / "data/metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    return names


def blip(folder: Path) -> None:
    decoder = dict(vocab_size=BEGIN + 1, hidden_size=20, num_hidden_layers=2, num_attention_heads=4, intermediate_size=28, max_position_embeddings=16)
    tokens = dict(bos_token_id=BEGIN, eos_token_id=2, sep_token_id=3, pad_token_id=0, label_smoothing=0.1, encoder_hidden_size=18)
    vision = dict(hidden_size=18, num_hidden_layers=2, num_attention_heads=3, intermediate_size=24, image_size=12, patch_size=4)
    model = BlipForConditionalGeneration(BlipConfig(text_config={**decoder, **tokens}, vision_config=vision)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(setting.normal(name, parameter, 0.3) + (1.0 if norm else 0.0))
    model.save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=16).save_pretrained(folder)
    BlipImageProcessorPil(size={"height": 12, "width": 12}).save_pretrained(folder)


def adapted(model: torch.nn.Module, targets: list[str], folder: Path) -> PeftModel:
    """An adapter whose B is not zero, so that every gradient counts."""
    peft = get_peft_model(model, LoraConfig(r=3, lora_alpha=6, target_modules=targets))
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_" in name:
                parameter.copy_(setting.normal(name, parameter, 0.2))
    peft.peft_config["default"].base_model_name_or_path = folder.name.split("-")[0]
    peft.save_pretrained(folder)
    setting.sort_sets(folder / "adapter_config.json")
    (folder / "README.md").unlink(missing_ok=True)
    return peft


def steps(peft: PeftModel, loss) -> list[float]:
    """The losses of each step of AdamW."""
    trained = [parameter for parameter in peft.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.02, weight_decay=0.0)
    losses = []
    for rows in BATCHES:
        value = loss(rows)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(value.item())
    return losses


def captions(names: list[str]) -> dict:
    folder = FOLDER / "blip"
    blip(folder)
    model = BlipForConditionalGeneration.from_pretrained(folder).eval()
    tokenizer = BertTokenizer.from_pretrained(folder)
    processor = BlipImageProcessorPil.from_pretrained(folder)
    pixels = processor([load_image(str(FOLDER / "data" / name)) for name in names], return_tensors="pt")["pixel_values"]
    encoded = tokenizer(TEXTS, padding=True, return_tensors="pt")
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    ids[:, 0] = BEGIN  # as generate has it, and the training of BLIP's authors
    peft = adapted(model, ["query", "value", "qkv"], FOLDER / "blip-adapter")

    def loss(rows: list[int]) -> torch.Tensor:
        labels = ids[rows].masked_fill(mask[rows] == 0, -100)
        return peft(pixel_values=pixels[rows], input_ids=ids[rows], attention_mask=mask[rows], labels=labels).loss

    with torch.no_grad():
        every = range(len(names))
        result = {"loss": loss(list(every)).item()}
        for beams in (1, 3):
            written = peft.generate(pixel_values=pixels, num_beams=beams, max_new_tokens=7)
            result[f"beams {beams}"] = [tokenizer.decode(row, skip_special_tokens=True) for row in written]
    return {**result, "losses": steps(peft, loss)}


def pairs(names: list[str]) -> dict:
    model = CLIPModel.from_pretrained(CLIP).eval()
    tokenizer = CLIPTokenizer.from_pretrained(CLIP)
    processor = CLIPImageProcessorPil.from_pretrained(CLIP)
    pixels = processor([load_image(str(FOLDER / "data" / name)) for name in names], return_tensors="pt")["pixel_values"]
    texts = tokenizer(TEXTS, padding=True, return_tensors="pt")
    peft = adapted(model, ["q_proj", "v_proj"], FOLDER / "clip-adapter")

    def output(rows: list[int]):
        return peft(input_ids=texts["input_ids"][rows], attention_mask=texts["attention_mask"][rows], pixel_values=pixels[rows], return_loss=True)

    with torch.no_grad():
        all_ = output(list(range(len(names))))
    setting.write_tensors(FOLDER / "clip-vectors.safetensors", {"image_embeds": all_.image_embeds, "text_embeds": all_.text_embeds})
    return {"loss": all_.loss.item(), "losses": steps(peft, lambda rows: output(rows).loss)}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data").mkdir(parents=True)
    names = pictures()
    expected = {"captions": captions(names), "pairs": pairs(names)}
    setting.write_json(FOLDER / "expected.json", expected)
    print(expected)


if __name__ == "__main__":
    main()
