"""Compares the losses of `peft train --objective dpo` with those of TRL's DPOTrainer on the same rows in the same order.

    python preference_curve.py rows HH_RLHF_FOLDER rows.jsonl
    peft train --model MODEL --adapter ADAPTER --data rows.jsonl --objective dpo --reference start --dropout 0 \\
        --no-shuffle --batch-size 8 --sequence-length 512 --learning-rate 2e-4 --output OUTPUT
    python preference_curve.py compare MODEL ADAPTER rows.jsonl OUTPUT/metrics.jsonl

The rows are those of hh-rlhf's test.jsonl.gz whose answers differ in the assistant's last turn only. Needs trl and datasets.
"""

import setting  # first: sets the environment

import gzip
import json
import sys
import tempfile
from pathlib import Path

import torch
from datasets import Dataset, disable_progress_bars
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer

disable_progress_bars()
ROWS = 800
TURN = "\n\nAssistant:"


def rows(folder: Path, output: Path) -> None:
    with gzip.open(folder / "test.jsonl.gz", "rt", encoding="utf-8") as file, output.open("w", encoding="utf-8") as to:
        written = 0
        for line in file:
            pair = json.loads(line)
            at = pair["chosen"].rindex(TURN) + len(TURN)
            if written < ROWS and pair["rejected"].startswith(pair["chosen"][:at]) and TURN not in pair["rejected"][at:]:
                row = {"prompt": pair["chosen"][:at], "chosen": pair["chosen"][at:], "rejected": pair["rejected"][at:]}
                to.write(json.dumps(row) + "\n")
                written += 1


class Recording(DPOTrainer):
    losses: list[float] = []

    def compute_loss(self, *arguments, **more):
        loss = super().compute_loss(*arguments, **more)
        self.losses.append(loss.item())
        return loss


def compare(model: Path, adapter: Path, data: Path, metrics: Path) -> None:
    told = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    steps = [line for line in told if "loss" in line]
    tokenizer = AutoTokenizer.from_pretrained(model, eos_token="</s>", pad_token="</s>")
    policy = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), adapter, is_trainable=True)
    lines = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as scratch:
        arguments = DPOConfig(
            scratch,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            beta=0.1,
            max_length=512,
            per_device_train_batch_size=8,
            learning_rate=2e-4,
            weight_decay=0.0,
            max_grad_norm=1.0,
            lr_scheduler_type="linear",
            num_train_epochs=1,
            max_steps=len(steps),
            train_sampling_strategy="sequential",
        )
        trainer = Recording(policy, args=arguments, train_dataset=Dataset.from_list(lines), processing_class=tokenizer)
        trainer.train()
    pairs = list(zip(trainer.losses, (line["loss"] for line in steps), strict=True))
    for step in range(0, len(pairs), max(1, len(pairs) // 10)):
        print(f"step {step + 1}: TRL {pairs[step][0]:.6f}, PEFT4J {pairs[step][1]:.6f}")
    print(f"{len(pairs)} steps, largest difference {max(abs(a - b) for a, b in pairs):.2e}")


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    {"rows": rows, "compare": compare}[command](*map(Path, paths))
