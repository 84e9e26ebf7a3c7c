"""The losses of TRL's SFTTrainer on packed rows of questions and answers, to be compared with `peft train`.

    python reference/sft_curve.py MODEL gsm8k/train.jsonl FOLDER [STEPS]

writes FOLDER/start (the adapter that both begin with), FOLDER/rows.jsonl and FOLDER/losses.json. Then

    ./peft train --model MODEL --adapter FOLDER/start --data FOLDER/rows.jsonl --packing --sequence-length 512 --batch-size 4 \\
        --steps STEPS --learning-rate 1e-3 --schedule linear --no-shuffle --output FOLDER/adapter
    python reference/sft_curve.py FOLDER

prints how far the losses of metrics.jsonl are apart."""

import setting  # first: sets the environment

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from torch.utils.data import SequentialSampler
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


class InOrder(SFTTrainer):
    def _get_train_sampler(self, dataset=None):
        return SequentialSampler(dataset if dataset is not None else self.train_dataset)


def compare(folder):
    theirs = json.loads((folder / "losses.json").read_text())
    ours = [json.loads(line)["loss"] for line in (folder / "adapter/metrics.jsonl").read_text().splitlines()]
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    apart = [abs(a - b) / b for a, b in zip(ours, theirs)]
    print(f"{len(ours)} steps, first {theirs[0]:.4f}, last {theirs[-1]:.4f}; most apart {max(apart):.2e} (step {apart.index(max(apart)) + 1})")


def train(model_folder, data, folder, steps):
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    ids = AutoConfig.from_pretrained(model_folder)  # A tokenizer without a config does not know its special tokens.
    tokenizer.bos_token, tokenizer.eos_token = tokenizer.convert_ids_to_tokens([ids.bos_token_id, ids.eos_token_id])
    tokenizer.pad_token = tokenizer.eos_token
    # As many as TRL packs together; it takes a thousand at a time.
    rows = [json.loads(line) for line in data.read_text().splitlines()][:1000]
    rows = [{"prompt": row["question"] + "\n", "completion": row["answer"]} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    base = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    model.save_pretrained(folder / "start")
    arguments = SFTConfig(output_dir=str(folder / "trainer"), max_steps=steps, per_device_train_batch_size=4, learning_rate=1e-3,
                          lr_scheduler_type="linear", warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0, logging_steps=1,
                          packing=True, max_length=512, completion_only_loss=True, report_to=[], save_strategy="no",
                          use_cpu=True, bf16=False, gradient_checkpointing=False, disable_tqdm=True)
    trainer = InOrder(model=model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    (folder / "losses.json").write_text(json.dumps(losses))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        compare(Path(sys.argv[1]))
    else:
        train(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 60)
