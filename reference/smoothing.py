"""Writes losses with smoothed labels, as transformers' Trainer computes them, of cases that are there: python smoothing.py"""

import setting  # first: sets the environment

import shutil

from transformers.trainer_pt_utils import LabelSmoother

import golden

FOLDER = setting.GOLDEN / "smoothing"
CASES = {
    "llama_qv": (0.2, True),
    "seq2seq/t5": (0.1, False),
    "encoders/bert_sequence_lora": (0.3, False),
    "encoders/bert_tokens_lora": (0.15, False),
}
"""The share of all labels alike, and whether the next token is predicted."""


def write(name: str, epsilon: float, shifts: bool) -> None:
    case = golden.ALL[name]
    inputs = golden.batch(name, case)
    labels = inputs.pop("labels")
    model = golden.reload(case, [setting.GOLDEN / name / "adapter"])
    loss = LabelSmoother(epsilon=epsilon)(model(**inputs), labels, shift_labels=shifts)
    loss.backward()
    gradients = golden.keyed(model, {key: value.grad for key, value in golden.distinct(model).items()})
    setting.write_tensors(
        FOLDER / f"{name.replace('/', '_')}.safetensors",
        {"loss": loss.reshape(1), **{f"grad.{key}": value for key, value in gradients.items()}},
    )


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, (epsilon, shifts) in CASES.items():
        write(name, epsilon, shifts)
    setting.write_json(FOLDER / "smoothing.json", {name: epsilon for name, (epsilon, _) in CASES.items()})
