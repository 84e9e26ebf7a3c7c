"""Writes what TRL's trainers make of pairs of answers: python preferences.py

Its losses, gradients, metrics and five steps of AdamW in double precision, on the same batches, with dropout off. Needs trl and datasets.
"""

import setting  # first: sets the environment

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import torch
from datasets import Dataset, disable_progress_bars
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

import bases
import golden
from cases import lora, one

disable_progress_bars()

FOLDER = setting.GOLDEN / "preferences"
PAIRS, STEPS, RATE = 4, 5, 0.003
PAD, END = 0, 2
CASES = {
    base: one("Pairs of answers", base, lora(r=2, lora_alpha=8, target_modules=targets, **more))
    for base, targets, more in (("llama", ["q_proj", "down_proj"], {}), ("gpt2", ["c_attn"], {"fan_in_fan_out": True}))
}


def dpo(loss_type: str | list[str], **fields) -> tuple:
    return DPOTrainer, DPOConfig, {"loss_type": loss_type, "beta": 0.3, **fields}


def cpo(loss_type: str, **fields) -> tuple:
    return CPOTrainer, CPOConfig, {"loss_type": loss_type, "beta": 0.4, **fields}


ALL = {
    "sigmoid": dpo("sigmoid"),
    "hinge": dpo("hinge"),
    "ipo": dpo("ipo"),
    "robust": dpo("robust", label_smoothing=0.2),
    "sigmoid_norm": dpo("sigmoid_norm", beta=2.0),
    "exo_pair": dpo("exo_pair", label_smoothing=0.05),
    "nca_pair": dpo("nca_pair"),
    "bco_pair": dpo("bco_pair"),
    "sppo_hard": dpo("sppo_hard"),
    "apo_zero": dpo("apo_zero"),
    "apo_down": dpo("apo_down"),
    "discopop": dpo("discopop", discopop_tau=0.5),
    "weighted": dpo(["sigmoid", "bco_pair", "sft"], loss_weights=[0.8, 0.2, 0.6]),
    "orpo": (ORPOTrainer, ORPOConfig, {"beta": 0.7}),
    "cpo": cpo("sigmoid"),
    "cpo_smoothed": cpo("sigmoid", label_smoothing=0.1, cpo_alpha=0.5),
    "cpo_hinge": cpo("hinge"),
    "cpo_ipo": cpo("ipo"),
    "simpo": cpo("simpo", beta=2.0, simpo_gamma=0.5, cpo_alpha=0.0),
    "simpo_likelihood": cpo("simpo", simpo_gamma=0.3, label_smoothing=0.15),
    "alphapo": cpo("alphapo", beta=0.5, simpo_gamma=0.4, alpha=0.1),
    "kto": (KTOTrainer, KTOConfig, {"loss_type": "kto", "beta": 0.5, "desirable_weight": 0.8, "undesirable_weight": 1.3}),
    "apo_zero_unpaired": (KTOTrainer, KTOConfig, {"loss_type": "apo_zero_unpaired", "beta": 0.5}),
}
WITH_REFERENCE = (DPOTrainer, KTOTrainer)


def tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Words t3, t4 … are tokens 3, 4 …; the end of an answer is a token of its own."""
    words = {f"t{i}": i for i in range(3, bases.VOCABULARY)} | {"<pad>": PAD, "<unk>": 1, "</s>": END}
    words = dict(sorted(words.items(), key=lambda word: word[1]))
    core = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    core.add_special_tokens([AddedToken("<pad>", special=True), AddedToken("</s>", special=True)])
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def draw(name: str, count: int) -> list[int]:
    return torch.randint(3, bases.VOCABULARY, (count,), generator=setting.generator(f"preferences/{name}")).tolist()


def pairs() -> list[dict[str, list[int]]]:
    """Prompts and answers of several lengths. Each trainer adds the end."""
    return [
        {
            "prompt": draw(f"{i}/prompt", 2 + i % 3),
            "chosen": draw(f"{i}/chosen", 1 + (2 * i) % 5),
            "rejected": draw(f"{i}/rejected", 1 + (3 * i + 2) % 4),
        }
        for i in range(PAIRS)
    ]


def singles() -> list[dict]:
    """Answers that are good or bad; two thirds of them are good."""
    answers = []
    for i, pair in enumerate(pairs()):
        answers.append({"prompt": pair["prompt"], "completion": pair["chosen"], "label": True})
        if i % 2 == 0:
            answers.append({"prompt": pair["prompt"], "completion": pair["rejected"], "label": False})
    return answers


def words(ids: list[int]) -> str:
    return " ".join(f"t{i}" for i in ids)


def dataset(rows: list[dict]) -> Dataset:
    return Dataset.from_list(
        [
            {key: value if key == "label" else words(value) if key == "prompt" else " " + words(value) for key, value in row.items()}
            for row in rows
        ]
    )


def model_of(base: str, seed: str = "policy") -> PeftModel:
    return golden.adapted(f"preferences/{base}/{seed}", CASES[base])


def keyed(name: str) -> str:
    """A parameter's name in an adapter file."""
    return name.replace(".default.", ".")


def refer(model: PeftModel, reference: str, base: str) -> None:
    """Puts a reference in the place of TRL's own, which is the adapter at the start."""
    if reference == "base":
        model.delete_adapter("ref")
    if reference == "adapter":
        other = dict(model_of(base, "reference").named_parameters())
        for name, parameter in model.named_parameters():
            if ".ref." in name:
                parameter.data.copy_(other[name.replace(".ref.", ".default.")].data)


def run(base: str, name: str, reference: str) -> dict[str, torch.Tensor]:
    kind, config, fields = ALL[name]
    model = model_of(base).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    unpaired = kind is KTOTrainer
    rows = singles() if unpaired else pairs()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = config(
            scratch,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to=[],
            per_device_train_batch_size=len(rows),
            max_length=64,
            disable_tqdm=True,
            remove_unused_columns=kind in WITH_REFERENCE,
            **fields,
        )
        trainer = kind(model=model, args=arguments, train_dataset=dataset(rows), processing_class=tokenizer(Path(scratch)))
        if kind in WITH_REFERENCE:
            refer(trainer.model, reference, base)
        trainer.model.train()
        for parameter in trainer.model.parameters():
            parameter.requires_grad_(False)
        trained = {key: value for key, value in trainer.model.named_parameters() if ".default." in key}
        for parameter in trained.values():
            parameter.requires_grad_(True)
        columns = trainer.train_dataset
        inputs = trainer.data_collator([columns[i] for i in range(len(columns))])
        inputs = {key: value for key, value in inputs.items() if isinstance(value, torch.Tensor)}
        optimizer = torch.optim.AdamW(trained.values(), lr=RATE, weight_decay=0.0)
        losses, gradients, metrics = [], {}, {}
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = trainer.compute_loss(trainer.model, inputs)
            loss.backward()
            if step == 0:
                gradients = {keyed(key): value.grad.clone() for key, value in trained.items()}
            told = trainer._metrics["train"] if kind in WITH_REFERENCE else trainer._stored_metrics["train"]
            for key, values in told.items():
                if key.startswith(("rewards/", "logps/", "log_odds_")) or key in ("nll_loss", "kl"):
                    metrics.setdefault(key, []).append(float(values[-1]))
            optimizer.step()
            losses.append(loss.item())
    after = {keyed(key): value.detach() for key, value in trained.items()}
    for key in ("nll_loss", "kl"):
        if max(metrics.get(key, [1])) == 0:
            metrics.pop(key)  # of a loss without that part
    return {
        "losses": torch.tensor(losses),
        **{f"metric.{key}": torch.tensor(values) for key, values in metrics.items()},
        **{f"grad.{key}": value.float() for key, value in gradients.items()},
        **{f"after.{key}": value.float() for key, value in after.items()},
    }


def references(base: str, name: str) -> list[str]:
    """Every loss with the base as its reference; two of each trainer with the others."""
    if ALL[name][0] not in WITH_REFERENCE:
        return ["none"]
    several = name in ("sigmoid", "ipo", "kto") or base == "gpt2" and name == "weighted"
    return ["base", "start", "adapter"] if several else ["base"]


def write(base: str) -> None:
    folder = FOLDER / base
    golden.save(model_of(base), folder)
    reference = folder / "reference"
    golden.save(model_of(base, "reference"), reference)
    for name in ALL:
        if base == "gpt2" and name not in ("sigmoid", "ipo", "weighted", "orpo", "simpo", "kto"):
            continue
        for reference in references(base, name):
            setting.write_tensors(folder / f"{name}-{reference}.safetensors", run(base, name, reference))


def write_reward() -> None:
    """A reward model on the tiny Llama: its head is new, and in the adapter."""
    folder = FOLDER / "reward"
    model = AutoModelForSequenceClassification.from_pretrained(setting.BASES / "llama", num_labels=1, pad_token_id=PAD)
    model = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=2, lora_alpha=8, target_modules=["q_proj", "down_proj"]))
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.data.copy_(setting.normal(f"preferences/reward/{name}", parameter, 0.2))
    model.peft_config["default"].base_model_name_or_path = "llama"  # no path of this machine
    model.save_pretrained(folder)
    setting.sort_sets(folder / "adapter_config.json")
    (folder / "README.md").unlink(missing_ok=True)
    model = model.double()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = RewardConfig(
            scratch, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[], max_length=64, center_rewards_coefficient=0.03
        )
        trainer = RewardTrainer(model, arguments, train_dataset=dataset(pairs()), processing_class=tokenizer(Path(scratch)))
        trainer.model.train()
        trained = {key: value for key, value in trainer.model.named_parameters() if value.requires_grad}
        inputs = trainer.data_collator([trainer.train_dataset[i] for i in range(PAIRS)])
        inputs = {key: value for key, value in inputs.items() if isinstance(value, torch.Tensor)}
        optimizer = torch.optim.AdamW(trained.values(), lr=RATE, weight_decay=0.0)
        losses, gradients, metrics = [], {}, defaultdict(list)
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = trainer.compute_loss(trainer.model, dict(inputs))
            loss.backward()
            if step == 0:
                gradients = {reward_key(key): value.grad.clone() for key, value in trained.items()}
            for key in ("accuracy", "margin", "mean_reward"):
                metrics[key].append(trainer._metrics["train"][key][-1])
            optimizer.step()
            losses.append(loss.item())
    setting.write_tensors(
        folder / "expected.safetensors",
        {
            "losses": torch.tensor(losses),
            **{f"metric.{key}": torch.tensor(values) for key, values in metrics.items()},
            **{f"grad.{key}": value.float() for key, value in gradients.items()},
            **{f"after.{reward_key(key)}": value.float() for key, value in trained.items()},
        },
    )


def reward_key(name: str) -> str:
    return keyed(name).replace(".modules_to_save.", ".")


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for base in CASES:
        write(base)
    write_reward()
    losses = {name: {"trainer": kind.__name__, **fields} for name, (kind, _, fields) in ALL.items()}
    setting.write_json(
        FOLDER / "preferences.json",
        {"learning_rate": RATE, "steps": STEPS, "end": END, "pairs": pairs(), "singles": singles(), "losses": losses},
    )
