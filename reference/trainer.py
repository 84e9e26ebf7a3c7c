"""Writes what the Trainer of transformers makes of a few epochs whose batches do not divide: python trainer.py"""

import setting  # first: sets the environment

import shutil
import tempfile

import torch
from peft import LoraConfig
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments

import bases
import golden
from cases import Case, lora, one

ROWS, LENGTH = 7, 9
COMMON = dict(
    per_device_train_batch_size=2,
    gradient_accumulation_steps=3,
    learning_rate=0.02,
    weight_decay=0.5,
    warmup_steps=1,
    max_grad_norm=1.0,
)
"""Of seven rows, an epoch has four batches, the last of one row; its second step has that batch alone."""

ALONE = dict(gradient_accumulation_steps=1)
"""Trainer adds up the means of the batches of a step where a classifier's own loss ignores num_items_in_batch: a step of three has three times the loss."""

ALL = {
    "trainer/epochs": (
        one(
            "Biases and a LayerNorm do not decay",
            "gpt2",
            lora(target_modules=["c_fc"], bias="lora_only", modules_to_save=["ln_f"], fan_in_fan_out=True),
        ),
        dict(num_train_epochs=2),
    ),
    "trainer/steps": (
        one("An RMSNorm does not decay; a step less than three epochs", "llama", lora(modules_to_save=["norm"])),
        dict(max_steps=5, lr_scheduler_type="cosine"),
    ),
    "trainer/drop_last": (
        one("Without the short batch, an epoch has one step; magnitudes decay", "llama", lora(use_dora=True)),
        dict(num_train_epochs=4, dataloader_drop_last=True),
    ),
    "trainer/classes": (
        one("A classifier of two sentences, whose head trains", "bert_sequence", LoraConfig(task_type="SEQ_CLS", r=3, target_modules=["query", "value"])),
        dict(num_train_epochs=3, **ALONE),
    ),
    "trainer/classes_smoothed": (
        one("Smoothed classes", "roberta_sequence", LoraConfig(task_type="SEQ_CLS", r=3, target_modules=["query", "key"])),
        dict(num_train_epochs=2, label_smoothing_factor=0.2),
    ),
    "trainer/tags": (
        one("Tags, of which batches have different numbers", "roberta_tokens", LoraConfig(task_type="TOKEN_CLS", r=3, target_modules=["value"])),
        dict(num_train_epochs=2, **ALONE),
    ),
}


class InOrder(Trainer):
    def _get_train_sampler(self, *arguments):
        return SequentialSampler(self.train_dataset)


class Record(TrainerCallback):
    def __init__(self):
        self.logs = []

    def on_log(self, arguments, state, control, logs, **more):
        if "loss" in logs:
            self.logs.append(logs)


def batch(name: str) -> dict[str, torch.Tensor]:
    """Rows of several lengths, so that batches have different numbers of labels.

    The first token has no label: where a class is not named …ForCausalLM, as GPT-2's, Trainer counts it as a prediction.
    """
    lengths = torch.tensor([LENGTH - row % 4 for row in range(ROWS)])
    mask = (torch.arange(LENGTH) < lengths[:, None]).long()
    ids = torch.randint(3, bases.VOCABULARY, mask.shape, generator=setting.generator(f"{name}/input_ids")) * mask
    labels = torch.where(mask == 1, ids, -100)
    labels[:, 0] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def labelled(name: str, base: bases.Base) -> dict[str, torch.Tensor]:
    """The same rows with classes, or with tags for two thirds of their tokens, and types of tokens where there are two."""
    inputs = batch(name)
    mask = inputs["attention_mask"]
    ids = torch.where(mask == 1, inputs["input_ids"], base.config.pad_token_id)
    draw = dict(generator=setting.generator(f"{name}/labels"))
    if base.task == "tokens":
        tags = torch.randint(0, base.config.num_labels, mask.shape, **draw)
        kept = torch.randint(0, 3, mask.shape, **draw) * mask > 0
        return {"input_ids": ids, "attention_mask": mask, "labels": torch.where(kept, tags, -100)}
    result = {"input_ids": ids, "attention_mask": mask, "labels": torch.randint(0, base.config.num_labels, (ROWS,), **draw)}
    if base.config.type_vocab_size > 1:
        result["token_type_ids"] = (torch.arange(LENGTH) > 4).long() * mask
    return result


def write(name: str, case: Case, more: dict) -> None:
    folder = setting.GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    base = bases.ALL[case.base]
    inputs = labelled(name, base) if base.task else batch(name)
    model = golden.adapted(name, case)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # PEFT4J's frozen models have none
    golden.save(model, folder)
    rows = [{key: value[row] for key, value in inputs.items()} for row in range(ROWS)]
    record = Record()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            scratch, use_cpu=True, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True, **{**COMMON, **more}
        )
        InOrder(model, arguments, train_dataset=rows, callbacks=[record]).train()
    after = golden.keyed(model, {key: value.detach() for key, value in golden.trainable(model).items()})
    numbers = {key: torch.tensor([log[key] for log in record.logs]) for key in ("loss", "learning_rate", "grad_norm")}
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", {**numbers, **{f"after.{key}": value for key, value in after.items()}})
    setting.write_json(
        folder / "case.json", {"description": case.description, "base": case.base, "adapters": ["default"], **COMMON, **more}
    )


if __name__ == "__main__":
    for name, (case, more) in ALL.items():
        write(name, case, more)
