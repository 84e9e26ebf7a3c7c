"""What TRL's DPOTrainer, KTOTrainer and RewardTrainer make of rows: ids of prompts and answers. Writes peft-train/src/test/resources/preferences/rows.json;
needs the models of predictions.py, and trl and datasets."""

import setting  # first: sets the environment

import json
import tempfile
from pathlib import Path

from datasets import Dataset, disable_progress_bars
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer

disable_progress_bars()
ROOT = Path(__file__).parent.parent
MODEL = setting.GOLDEN / "predictions" / "llama_text"
TEMPLATES = ROOT / "peft-chat/src/test/resources/chat/templates"
OUTPUT = ROOT / "peft-train/src/test/resources/preferences/rows.json"


def user(content):
    return {"role": "user", "content": content}


def says(content):
    return {"role": "assistant", "content": content}


TALK = [{"role": "system", "content": "Be good."}, user("Once upon a time?"), says("There was a king."), user(" and then?")]
TEXTS = [
    {"prompt": "Once upon a time", "chosen": " there was a king.", "rejected": " it isn't good"},
    {"prompt": "Who had a cat?\n", "chosen": "The king's son.<|im_end|>", "rejected": "x"},
]
COMMON = [
    {"chosen": "Human: Who had a cat? Bot: The king's son.", "rejected": "Human: Who had a cat? Bot: I do not know."},
    {"chosen": "They're bad", "rejected": "Once"},
]
TALKS = [
    {"prompt": [user("Who had a cat?")], "chosen": [says("The king's son.")], "rejected": [says("12 hats, or 345.")]},
    {"prompt": TALK, "chosen": [says("He had three daughters.")], "rejected": [says("na\u00efve"), user("No?"), says("No.")]},
]
COMMON_TALKS = [{"chosen": row["prompt"] + row["chosen"], "rejected": row["prompt"] + row["rejected"]} for row in TALKS]
RATED = [
    {"prompt": "Once upon a time", "completion": " there was a king.", "label": True},
    {"prompt": "Who had a cat?\n", "completion": "x", "label": False},
]
RATED_TALKS = [{"prompt": TALK, "completion": row["chosen"], "label": i == 1} for i, row in enumerate(TALKS)]

# name: rows, template, trainer, the longest row
CASES = {
    "texts": (TEXTS, "zephyr", DPOTrainer, None),
    "texts_cut": (TEXTS, "zephyr", DPOTrainer, 10),
    "common": (COMMON, "zephyr", DPOTrainer, None),
    "talks": (TALKS, "zephyr", DPOTrainer, None),
    "talks_of_llama": (TALKS, "llama3", DPOTrainer, None),
    "common_talks": (COMMON_TALKS, "chatml", DPOTrainer, None),
    "apart": (TEXTS, "zephyr", KTOTrainer, None),
    "rated": (RATED, "zephyr", KTOTrainer, None),
    "rated_talks": (RATED_TALKS, "phi3", KTOTrainer, None),
    "rewarded": (TEXTS + COMMON, "zephyr", RewardTrainer, None),
    "rewarded_cut": (TEXTS, "zephyr", RewardTrainer, 20),
    "rewarded_talks": (TALKS, "llama3", RewardTrainer, None),
    "rewarded_common_talks": (COMMON_TALKS, "chatml", RewardTrainer, None),
}


def cut(prompt: list[int], answer: list[int], longest: int | None) -> list[list[int]]:
    return [prompt, (prompt + answer)[len(prompt) : longest]]


def prepared(rows, name, kind, longest):
    tokenizer = AutoTokenizer.from_pretrained(MODEL, pad_token="<|im_end|>")
    text = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    tokenizer.chat_template = text.replace('strftime_now("%d %b %Y")', '"29 Nov 2026"')  # Always the same day.
    with tempfile.TemporaryDirectory() as folder:
        common = dict(report_to=[], use_cpu=True, bf16=False, max_length=longest, gradient_checkpointing=False, per_device_train_batch_size=2)
        if kind is RewardTrainer:
            model = AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=1)
            apart = [{**row, "prompt": row.get("prompt", "")} if isinstance(row["chosen"], str) else row for row in rows]
            config = RewardConfig(folder, **common)
            trainer = kind(model, args=config, train_dataset=Dataset.from_list(apart), processing_class=tokenizer)
            return [[[], row["chosen_ids"], row["rejected_ids"]] for row in trainer.train_dataset]
        config = DPOConfig(folder, **common) if kind is DPOTrainer else KTOConfig(folder, **common)
        model = AutoModelForCausalLM.from_pretrained(MODEL)
        trainer = kind(model, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
        if kind is DPOTrainer:
            return [
                cut(row["prompt_ids"], row["chosen_ids"], longest) + cut(row["prompt_ids"], row["rejected_ids"], longest)[1:]
                for row in trainer.train_dataset
            ]
        return [cut(row["prompt_ids"], row["completion_ids"], longest) + [row["label"]] for row in trainer.train_dataset]


def main():
    cases = [
        {"name": case, "template": name, "rated": kind is KTOTrainer, "rewarded": kind is RewardTrainer, "longest": longest, "rows": rows, "expected": prepared(rows, name, kind, longest)}
        for case, (rows, name, kind, longest) in CASES.items()
    ]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n", encoding="utf-8")


main()
