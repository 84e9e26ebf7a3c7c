"""What TRL's SFTTrainer makes of rows: ids and labels. Writes peft-train/src/test/resources/sft/rows.json; needs the models of
predictions.py, and trl and datasets."""

import setting  # first: sets the environment

import json
import tempfile
from pathlib import Path

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
from trl.trainer import sft_trainer

# The trainer refuses templates that write earlier turns in another way later, as Qwen3's; their marks are right for one row.
sft_trainer.get_training_chat_template = lambda tokenizer: tokenizer.chat_template

ROOT = Path(__file__).parent.parent
MODEL = setting.GOLDEN / "predictions" / "llama_text"
TEMPLATES = ROOT / "peft-chat/src/test/resources/chat/templates"
OUTPUT = ROOT / "peft-train/src/test/resources/sft/rows.json"


def says(role, content, **more):
    return {"role": role, "content": content, **more}


TOOL = {"type": "function", "function": {"name": "hats", "description": "How many hats", "parameters": {"type": "object", "properties": {}}}}
CALL = {"type": "function", "function": {"name": "hats", "arguments": {"of": "the king"}}}
TALKS = [
    {"messages": [says("user", "Who had a cat?"), says("assistant", "The king's son.")]},
    {"messages": [says("system", "Be good."), says("user", "Once upon a time?"), says("assistant", "There was a king."),
                  says("user", " and  then?\n"), says("assistant", "\u201cThree\u201d daughters \U0001F600, x")]},
    {"messages": [says("user", ""), says("assistant", "12 hats, or 345."), says("user", "na\u00efve")]},
]
# ShareGPT's form, with roles that templates know.
SHARED = [{"conversations": [{"from": m["role"], "value": m["content"]} for m in row["messages"]]} for row in TALKS]
TOOLED = [{"messages": [says("user", "How many hats?"), says("assistant", "", tool_calls=[CALL]), says("tool", "12"),
                        says("assistant", "There are 12 hats.")], "tools": [TOOL]}]
ASKED = [
    {"prompt": [says("user", "Who had a cat?")], "completion": [says("assistant", "The king's son.")]},
    {"prompt": [says("system", "Be good."), says("user", "Once?"), says("assistant", "Upon."), says("user", "a time")],
     "completion": [says("assistant", "there was a king who had three daughters, and one son, who was a cat")]},
]
PLAIN = [
    {"prompt": "Once upon a time", "completion": " there was a king."},
    {"prompt": "Who had a cat?\n", "completion": "The king's son.<|im_end|>"},
    {"prompt": "They're", "completion": " bad"},
]
TEXTS = [{"text": "Once upon a time there was a king."}, {"text": "It isn't good; they're bad.<|im_end|>"}, {"text": "x"}]


def marked(template):
    """The same with marks around what the assistant says, for what finds its turns without."""
    said = "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}"
    assert said in template
    return template.replace(said, "{{ '<|assistant|>\\n' }}{% generation %}{{ message['content'] + eos_token }}{% endgeneration +%}")


# name: rows, template, what is learned, whether the end is kept, the longest row
CASES = {
    "talks": (TALKS, "zephyr", None, False, None),
    "talks_of_qwen": (TALKS, "qwen3", "assistant", False, None),
    "talks_of_phi": (TALKS, "phi3", "assistant", False, None),
    "talks_without_marks": (TALKS, "zephyr", "assistant", False, None),
    "shared": (SHARED, "zephyr", None, False, None),
    "tools": (TOOLED, "qwen3", "assistant", False, None),
    "asked": (ASKED, "zephyr", None, False, None),
    "asked_all": (ASKED, "llama2", "all", False, None),
    "asked_assistant": (ASKED, "phi3", "assistant", False, None),
    "asked_cut": (ASKED, "chatml", None, False, 100),
    "asked_end": (ASKED, "chatml", None, True, 60),
    "talks_dropped": (TALKS, "phi3", "assistant", False, 30),
    "plain": (PLAIN, "zephyr", None, False, None),
    "plain_all": (PLAIN, "zephyr", "all", False, None),
    "plain_cut": (PLAIN, "zephyr", None, False, 8),
    "texts": (TEXTS, "zephyr", None, False, None),
    "texts_end": (TEXTS, "zephyr", None, True, 6),
}


def prepared(rows, name, trained, keep_end, longest):
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    unmarked = trained == "assistant" and "endgeneration" not in template
    tokenizer.chat_template = marked(template) if unmarked else template
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder, report_to=[], use_cpu=True, bf16=False, max_length=longest, pad_token="<|im_end|>",
            truncation_mode="keep_end" if keep_end else "keep_start", assistant_only_loss=trained == "assistant",
            completion_only_loss=False if trained == "all" else None)
        trainer = SFTTrainer(AutoModelForCausalLM.from_pretrained(MODEL), config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
        return [{"ids": row["input_ids"], "labels": row["labels"]} for row in trainer.train_dataset]


def main():
    cases = []
    for case, (rows, name, trained, keep_end, longest) in CASES.items():
        cases.append({"name": case, "template": name, "train_on": trained, "keep_end": keep_end, "longest": longest, "rows": rows,
                      "expected": prepared(rows, name, trained, keep_end, longest)})
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n", encoding="utf-8")


main()
