"""Sentiment of film reviews on MiniLM by LoRA, the reference for the example EncoderSentiment.

    python sentiment.py MODEL_FOLDER REVIEWS_FOLDER OUTPUT_FOLDER [--metrics METRICS_FILE]

REVIEWS_FOLDER has rt-polarity.neg and rt-polarity.pos, one sentence a line. Every tenth of each, from the first on, is held out; the
others alternate, a negative one first. OUTPUT_FOLDER gets the adapter before training (`start`), from which the Java example begins,
and the loss of each step. With the metrics.jsonl of that example, the losses of both are compared.
"""

import setting  # first: sets the environment

import argparse
import json
import time
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, get_linear_schedule_with_warmup

EVERY, TOKENS, BATCH, RATE, SHOWN = 10, 64, 32, 2e-3, 50
Example = tuple[list[int], int]


def read(folder: Path, tokenizer: Tokenizer) -> tuple[list[Example], list[Example]]:
    """What to learn from, negative and positive in turns, and what is held out."""
    training, held = [], []
    for label, name in enumerate(["rt-polarity.neg", "rt-polarity.pos"]):
        with open(folder / name, encoding="utf-8") as lines:
            examples = [(tokenizer.encode(line.strip()).ids, label) for line in lines]
        held += examples[::EVERY]
        training.append([example for line, example in enumerate(examples) if line % EVERY])
    negative, positive = training
    assert len(negative) == len(positive)
    return [example for pair in zip(negative, positive) for example in pair], held


def batches(examples: list[Example]) -> list[dict[str, torch.Tensor]]:
    """Batches in order, each padded on the right to its longest sentence."""
    made = []
    for begin in range(0, len(examples), BATCH):
        rows = examples[begin : begin + BATCH]
        longest = max(len(ids) for ids, _ in rows)
        made.append(
            {
                "input_ids": torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in rows]),
                "attention_mask": torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in rows]),
                "labels": torch.tensor([label for _, label in rows]),
            }
        )
    return made


def accuracy(model: PeftModel, held: list[Example]) -> float:
    with torch.no_grad():
        right = sum(int((model(**batch).logits.argmax(1) == batch["labels"]).sum()) for batch in batches(held))
    return right / len(held)


def train(model: PeftModel, training: list[Example]) -> list[float]:
    """One pass as Trainer makes it: AdamW, a rate that falls linearly to 0, gradients of norm 1 at the most."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)
    data = batches(training)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, len(data))
    losses = []
    for batch in data:
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if len(losses) % SHOWN == 0 or len(losses) == len(data):
            print(f"step {len(losses)} of {len(data)}, mean loss {mean_of_last(losses):.4f}", flush=True)
    return losses


def mean_of_last(losses: list[float]) -> float:
    """Over the steps since the last line."""
    count = len(losses) % SHOWN or SHOWN
    return sum(losses[-count:]) / count


def compare(losses: list[float], metrics: Path) -> None:
    others = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    others = [line["loss"] for line in others if "grad_norm" in line]
    assert len(others) == len(losses), (len(others), len(losses))
    for steps in (10, 50, 100, len(losses)):
        most = max(abs(a - b) for a, b in zip(losses[:steps], others[:steps]))
        print(f"largest difference of losses in the first {steps} steps: {most:.2e}")
    print(f"mean of all losses: {sum(losses) / len(losses):.4f} here, {sum(others) / len(others):.4f} there")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("reviews", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--metrics", type=Path, help="only compare with these the losses of an earlier run")
    arguments = parser.parse_args()
    losses_file = arguments.output / "losses.json"
    if arguments.metrics:
        return compare(json.loads(losses_file.read_text()), arguments.metrics)

    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    training, held = read(arguments.reviews, tokenizer)
    base = AutoModelForSequenceClassification.from_pretrained(
        arguments.model, num_labels=2, dtype=torch.float32, attn_implementation="eager"
    )
    torch.manual_seed(0)
    config = LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["query", "value"])
    model = get_peft_model(base, config)
    model.eval()  # no dropout
    model.save_pretrained(arguments.output / "start")
    print(f"{len(training)} sentences to learn from, {len(held)} held out; accuracy before {accuracy(model, held):.2%}")
    begin = time.time()
    losses = train(model, training)
    setting.write_json(losses_file, losses)
    print(f"accuracy after {accuracy(model, held):.2%}; {time.time() - begin:.0f} s")


if __name__ == "__main__":
    main()
