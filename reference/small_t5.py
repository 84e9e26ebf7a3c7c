"""Makes a small T5 of 0.46 million parameters, trained from nothing on text that it generates, and the data of a new task.

    python reference/small_t5.py examples/src/main/resources/headlines
    python reference/small_t5.py examples/src/main/resources/headlines --beams examples/src/test/resources/headlines/beams.json

The first writes the model into `small-t5`, and `train.csv` and `held-out.csv` with columns source and target; the second what
transformers' beam search makes of some texts with that model. Needs torch 2.13,
transformers 5.18, tokenizers 0.23, safetensors 0.8; takes about ten minutes on one free CPU core. Seeds and thread count are
fixed.
"""

import argparse
import csv
import json
import math
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import T5Config, T5ForConditionalGeneration

from small_t5_text import headline, pairs

SEED = 41
PAD, EOS, UNK = range(3)
SPECIAL = ["<pad>", "</s>", "<unk>"]
GAPS = ["<extra_id_0>", "<extra_id_1>", "<extra_id_2>"]
VOCABULARY = 384  # at most: words of this text have no more pieces
STEPS = 2400
BATCH = 32
PEAK = 4e-3

CONFIG = {
    "architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "torch_dtype": "float32", "vocab_size": VOCABULARY,
    "d_model": 96, "d_kv": 16, "d_ff": 256, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 6,
    "relative_attention_num_buckets": 16, "relative_attention_max_distance": 48, "feed_forward_proj": "relu",
    "layer_norm_epsilon": 1e-6, "dropout_rate": 0.0, "initializer_factor": 1.0, "tie_word_embeddings": True,
    "is_encoder_decoder": True, "use_cache": True,
    "pad_token_id": PAD, "eos_token_id": EOS, "decoder_start_token_id": PAD,
}
GENERATION = {"decoder_start_token_id": PAD, "eos_token_id": EOS, "pad_token_id": PAD, "max_new_tokens": 40, "num_beams": 4}


def train_tokenizer(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True)])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(
        vocab_size=VOCABULARY - len(GAPS), special_tokens=SPECIAL, unk_token=SPECIAL[UNK], show_progress=False))
    tokenizer.add_special_tokens([AddedToken(gap, lstrip=True) for gap in GAPS])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", EOS)])
    return tokenizer


def padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def loss_of(model: T5ForConditionalGeneration, tokenizer: Tokenizer, rows: list[tuple[str, str]]) -> torch.Tensor:
    sources, targets = ([tokenizer.encode(text).ids for text in texts] for texts in zip(*rows))
    ids = padded(sources, PAD)
    return model(input_ids=ids, attention_mask=(ids != PAD).long(), labels=padded(targets, -100)).loss


def train(model: T5ForConditionalGeneration, tokenizer: Tokenizer) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK, betas=(0.9, 0.98), weight_decay=0.01)
    started = time.time()
    for step in range(STEPS):
        warm, left = min(1.0, (step + 1) / 100), 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for group in optimizer.param_groups:
            group["lr"] = PEAK * warm * max(left, 0.01)
        loss = loss_of(model, tokenizer, pairs(SEED * 100_000 + step, BATCH))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0 or step == STEPS - 1:
            print(f"step {step:5d}  loss {loss.item():.4f}  {time.time() - started:.0f} s", flush=True)


def save(folder: Path, model: T5ForConditionalGeneration, tokenizer: Tokenizer) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    (folder / "generation_config.json").write_text(json.dumps(GENERATION, indent=2) + "\n")
    copies = {"lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name not in copies}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"unk_token": SPECIAL[UNK], "eos_token": SPECIAL[EOS], "pad_token": SPECIAL[PAD]}
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, "additional_special_tokens": GAPS,
         **names}, indent=2) + "\n")


def write(file: Path, rows: list[tuple[str, str]]) -> None:
    with file.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("source", "target"), *rows])


def beams(folder: Path, file: Path) -> None:
    """The three best texts, of four beams, for some texts of the model's own tasks and of the new one."""
    model = T5ForConditionalGeneration.from_pretrained(folder).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cases = []
    for source, target in pairs(SEED + 4, 12) + pairs(SEED + 5, 2, [headline]):
        made = model.generate(torch.tensor([tokenizer.encode(source).ids]), num_return_sequences=3)
        cases.append({"source": source, "right": target, "beams": [tokenizer.decode(ids) for ids in made.tolist()]})
        print(json.dumps(cases[-1], indent=1))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(cases, indent=1) + "\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--beams", type=Path, metavar="FILE")
    given = arguments.parse_args()
    folder = given.folder

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    if given.beams:
        beams(folder / "small-t5", given.beams)
        return
    torch.manual_seed(SEED)
    # Headlines are in the tokenizer's text, so that it has a piece for each of their words. The model never sees one.
    corpus = pairs(SEED, 20_000) + pairs(SEED + 1, 1_000, [headline])
    tokenizer = train_tokenizer([text for pair in corpus for text in pair])
    CONFIG["vocab_size"] = tokenizer.get_vocab_size()
    model = T5ForConditionalGeneration(T5Config(**CONFIG))
    print(f"{model.num_parameters():,} parameters, {tokenizer.get_vocab_size()} tokens")
    train(model, tokenizer)
    save(folder / "small-t5", model, tokenizer)
    write(folder / "train.csv", pairs(SEED + 2, 480, [headline]))
    write(folder / "held-out.csv", pairs(SEED + 3, 60, [headline]))


if __name__ == "__main__":
    main()
