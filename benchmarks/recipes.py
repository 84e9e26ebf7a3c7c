#!/usr/bin/env python3
"""Held-out losses of LoRA by learning rate, batch and length of training: the table of docs/recommended.md.

    python3 benchmarks/recipes.py DATA WORK [STUDY...]

DATA has datasets/wizard_of_oz, datasets/gsm8k, datasets/rt_polarity, datasets/hh_rlhf and models/stories260k,
models/all-minilm-l6-v2; WORK keeps rows, adapters and results.jsonl, a line for each run. Runs that stand there are
not made again. PEFT is the command (default: ./peft). Needs no package of Python.
"""

import gzip
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED = 20260


def rows(path, rows_):
    if not path.exists():
        path.write_text("".join(json.dumps(row) + "\n" for row in rows_), encoding="utf-8")
    return path


def gsm8k(data, work, name, count):
    lines = (data / f"datasets/gsm8k/{name}.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    return rows(work / f"gsm8k-{name}-{count}.jsonl",
                [{"prompt": r["question"] + "\n", "completion": r["answer"]} for r in map(json.loads, lines)])


def reviews(data, work, part):
    texts = []
    for label in ("neg", "pos"):
        file = data / f"datasets/rt_polarity/rt-polarity.{label}"
        texts += [{"text": line.strip(), "label": label} for line in file.read_text(encoding="latin-1").splitlines()]
    random.Random(SEED).shuffle(texts)
    begin, end = {"held": (0, 200), "train": (600, 920)}[part]
    return rows(work / f"reviews-{part}.jsonl", texts[begin:end])


def pairs(data, work, part):
    with gzip.open(data / "datasets/hh_rlhf/test.jsonl.gz", "rt", encoding="utf-8") as file:
        all_ = [json.loads(line) for line in file]
    return rows(work / f"pairs-{part}.jsonl", all_[:300] if part == "train" else all_[-200:])


def studies(data, work):
    """Study, options, and grids of (learning rates, batches, epochs)."""
    stories = data / "models/stories260k"
    oz = data / "datasets/wizard_of_oz/wizard_of_oz.txt"
    examples = ROOT / "examples/src/main/resources"
    text = ["--data", oz, "--eval-split", 0.1, "--rank", 16, "--alpha", 32, "--dropout", 0.05, "--sequence-length", 256]
    answers = ["--rank", 16, "--alpha", 32, "--dropout", 0.05, "--sequence-length", 512]
    yield "headlines, small T5", [
        "--model", examples / "headlines/small-t5", "--data", examples / "headlines/train.csv", "--eval",
        examples / "headlines/held-out.csv", "--rank", 16, "--alpha", 32, "--dropout", 0.1], [
        ([1e-3, 3e-3, 1e-2, 3e-2], [16], [10]), ([1e-2], [8, 32], [10]), ([1e-2], [16], [3, 30])]
    yield "answers, stories260k", [
        "--model", stories, "--data", gsm8k(data, work, "train", 800), "--eval", gsm8k(data, work, "test", 100), *answers], [
        ([1e-3, 3e-3, 1e-2, 3e-2], [16], [1]), ([1e-2], [4, 8], [1])]
    yield "labels, MiniLM", [
        "--model", data / "models/all-minilm-l6-v2", "--task", "seq-cls", "--data", reviews(data, work, "train"),
        "--eval", reviews(data, work, "held"), "--rank", 8, "--alpha", 16, "--dropout", 0.1, "--sequence-length", 64], [
        ([3e-4, 1e-3, 3e-3, 1e-2], [16], [1])]
    sft = work / "sft"
    yield "pairs, stories260k", [
        "--model", stories, "--adapter", sft, "--objective", "dpo", "--reference", "start", "--dropout", 0, "--data",
        pairs(data, work, "train"), "--eval", pairs(data, work, "held"), "--sequence-length", 256], [
        ([2e-4, 1e-3, 5e-3], [8], [1]), ([1e-3], [8], [2])]
    yield "text, all-linear, stories260k", ["--model", stories, "--target", "all-linear", *text], [([3e-3, 1e-2, 3e-2], [16], [3])]
    yield "text, stories260k", ["--model", stories, *text], [
        ([3e-4, 1e-3, 3e-3, 1e-2, 3e-2], [16], [3]), ([3e-3, 1e-2], [4, 8, 32], [3]), ([3e-3, 1e-2], [16], [1, 10])]
    yield "text, quickstart", ["--model", examples / "quickstart/base-model", *text], [
        ([3e-4, 1e-3, 3e-3, 1e-2, 3e-2], [16], [3])]


def train(options, output):
    command = [os.environ.get("PEFT", str(ROOT / "peft")), "train", *map(str, options), "--output", str(output)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    return {key: value for key, value in lines[-1].items() if key.startswith("eval_")} | {"steps": lines[-1]["step"]}


def main(data, work, *names):
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "sft").exists():
        with gzip.open(data / "datasets/hh_rlhf/test.jsonl.gz", "rt", encoding="utf-8") as file:
            chosen = [{"text": json.loads(line)["chosen"]} for line in file][:1600]
        train(["--model", data / "models/stories260k", "--data", rows(work / "chosen.jsonl", chosen), "--rank", 16, "--alpha", 32,
               "--target", "all-linear", "--learning-rate", 5e-3, "--batch-size", 8, "--sequence-length", 512,
               "--warmup-ratio", 0.03], work / "sft")
    results = work / "results.jsonl"
    known = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    done = {(r["study"], r["learning_rate"], r["batch"], r["epochs"]) for r in known}
    for study, options, grids in studies(data, work):
        if names and not any(name in study for name in names):
            continue
        for rate, batch, epochs in (point for grid in grids for point in itertools.product(*grid)):
            if (study, rate, batch, epochs) in done:
                continue
            output = work / "run"
            shutil.rmtree(output, ignore_errors=True)
            told = train([*options, "--learning-rate", rate, "--batch-size", batch, "--epochs", epochs, "--warmup-ratio", 0.03], output)
            result = {"study": study, "learning_rate": rate, "batch": batch, "epochs": epochs} | told
            with results.open("a") as file:
                file.write(json.dumps(result) + "\n")
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), *sys.argv[3:])
