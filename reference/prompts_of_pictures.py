"""Writes a tiny text encoder of Stable Diffusion with its tokenizer, and the states of prompts: python prompts_of_pictures.py

The tokenizer has the two files that diffusers' folders have, vocab.json and merges.txt.
"""

import setting  # first: sets the environment

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

FOLDER = setting.GOLDEN.parents[4] / "peft-diffusion/src/test/resources/prompts"
BEGIN, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 12
CORPUS = ["a photo of a cat on a mat", "a painting of the old town in winter", "sks dog, don't run", "two cats and 3 dogs", "the photograph"]
PROMPTS = [
    "",
    "a photo of a cat",
    "A  PHOTO of\tthe Café, don't!",
    "a painting of two old dogs and three cats on a mat in the winter town",
    "sks 42 – naïve ☃",
]


def tokenizer(folder: Path, corpus: list[str], length: int) -> CLIPTokenizer:
    """Writes vocab.json, merges.txt and tokenizer_config.json: single bytes, and what the corpus' words are merged to."""
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END))
    bpe.normalizer = normalizers.Lowercase()
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words = [word for text in corpus for word in text.split()]
    trainer = trainers.BpeTrainer(
        vocab_size=560, initial_alphabet=alphabet, end_of_word_suffix="</w>", special_tokens=[], show_progress=False
    )
    bpe.train_from_iterator(words, trainer)
    model = json.loads(bpe.to_str())["model"]
    singles = sorted(alphabet)
    tokens = singles + [single + "</w>" for single in singles]
    tokens += [token for token in sorted(model["vocab"], key=model["vocab"].get) if token not in set(tokens)]
    vocabulary = {token: i for i, token in enumerate(tokens + [BEGIN, END])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    setting.write_json(folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": length, "pad_token": "!"})
    pairs = [tuple(merge.split(" ")) for merge in merges]
    return CLIPTokenizer(vocab=vocabulary, merges=pairs, pad_token="!", model_max_length=length)


def main() -> None:
    clip = tokenizer(FOLDER / "tokenizer", CORPUS, LENGTH)
    vocabulary = clip.get_vocab()
    torch.manual_seed(23)
    config = CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=12,
        intermediate_size=20,
        num_hidden_layers=2,
        num_attention_heads=3,
        max_position_embeddings=LENGTH,
        bos_token_id=vocabulary[BEGIN],
        eos_token_id=vocabulary[END],
        pad_token_id=vocabulary["!"],
    )
    model = CLIPTextModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(setting.normal(name, parameter, 0.3) + (1.0 if "norm" in name and name.endswith("weight") else 0.0))
    model.save_pretrained(FOLDER / "text_encoder")
    ids = clip(PROMPTS, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        states = model(ids)[0]
    setting.write_tensors(FOLDER / "expected.safetensors", {"ids": ids, "states": states})
    setting.write_json(FOLDER / "prompts.json", PROMPTS)
    print(ids)


if __name__ == "__main__":
    main()
