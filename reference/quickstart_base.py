"""Makes the quickstart's base model: a Llama of 0.49 million parameters, trained from nothing on text that it generates.

    python reference/quickstart_base.py examples/src/main/resources/quickstart/base-model

Needs torch 2.13, transformers 5.18, tokenizers 0.23, safetensors 0.8; takes about twenty minutes on one free CPU core.
Seeds and thread count are fixed.
"""

import argparse
import json
import math
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

from quickstart_text import texts

SEED = 20
UNK, BOS, EOS, PAD = range(4)
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]
VOCABULARY = 1024
WIDTH = 144  # tokens in a training row: one text and the beginning of those after it
BATCH = 16


class Phase(NamedTuple):
    seed: int
    steps: int
    peak: float  # the highest learning rate, reached after 100 steps and left on a cosine
    shares: dict[str, int]  # of the kinds of text
    cut: float  # see pieces()


PHASES = [
    Phase(SEED, 3200, 4e-3, {"story": 48, "weather": 32, "recipe": 4, "place": 8, "drill": 8}, 0.0),
    Phase(SEED + 1, 1000, 3e-3, {"story": 35, "weather": 45, "recipe": 3, "place": 7, "drill": 10}, 0.1),
]

# config.json, in the names that every version of transformers reads
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32", "vocab_size": VOCABULARY,
    "hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 6, "num_key_value_heads": 2,
    "head_dim": 16, "hidden_act": "silu", "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False, "initializer_range": 0.05,
    "bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD,
}


def train_tokenizer(corpus: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNK]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        corpus, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", BOS)])
    return tokenizer


def pieces(text: str, random: Random, cut: float) -> list[str]:
    """The text, cut with this probability before any letter inside a word.

    Encoding the pieces one by one trains the short tokens that whole words hide, and with them the spelling of words that
    only an adapter will need.
    """
    cuts = [i for i in range(1, len(text)) if text[i - 1:i + 1].isalpha() and random.random() < cut]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]


def rows(tokenizer: Tokenizer, corpus: list[str], random: Random, cut: float) -> torch.Tensor:
    """Rows of WIDTH tokens, each beginning where a text begins; with cut > 0, every other row is of cut texts."""
    made, row = [], []
    for text in corpus:
        first, *others = pieces(text, random, cut if len(made) % 2 else 0)
        row += tokenizer.encode(first).ids
        for other in others:
            row += tokenizer.encode(other, add_special_tokens=False).ids
        row.append(EOS)
        if len(row) >= WIDTH:
            made.append(row[:WIDTH])
            row = []
    return torch.tensor(made)


def train(model: LlamaForCausalLM, data: torch.Tensor, phase: Phase) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=phase.peak, betas=(0.9, 0.98), weight_decay=0.05)
    started = time.time()
    for step in range(phase.steps):
        warm, left = min(1.0, (step + 1) / 100), 0.5 * (1 + math.cos(math.pi * step / phase.steps))
        for group in optimizer.param_groups:
            group["lr"] = phase.peak * warm * max(left, 0.01)
        first = step * BATCH % (len(data) - BATCH)
        ids = data[first:first + BATCH]
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0 or step == phase.steps - 1:
            print(f"step {step:5d}  loss {loss.item():.4f}  {time.time() - started:.0f} s", flush=True)


def save(folder: Path, model: LlamaForCausalLM, tokenizer: Tokenizer) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")

    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    written = json.loads(tokenizer.to_str())
    # Merges as "a b", not ["a", "b"]: tokenizers before 0.20 read only this form, later ones both.
    written["model"]["merges"] = [" ".join(pair) for pair in written["model"]["merges"]]
    (folder / "tokenizer.json").write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    names = {"unk_token": SPECIAL[UNK], "bos_token": SPECIAL[BOS], "eos_token": SPECIAL[EOS], "pad_token": SPECIAL[PAD]}
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 256, "clean_up_tokenization_spaces": False, **names},
        indent=2) + "\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(LlamaConfig(**CONFIG))
    tokenizer = None
    for phase in PHASES:
        corpus = texts(phase.seed, phase.steps * BATCH * 2, phase.shares)
        tokenizer = tokenizer or train_tokenizer(corpus[:20000])
        data = rows(tokenizer, corpus, Random(phase.seed), phase.cut)
        print(f"{model.num_parameters():,} parameters, {len(data):,} rows of {WIDTH} tokens")
        train(model, data, phase)
    save(folder, model, tokenizer)


if __name__ == "__main__":
    main()
