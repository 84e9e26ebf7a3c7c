"""Checks what the `peft` command writes, with transformers and PEFT:

    python check.py merged FOLDER INPUTS OUTPUT           a checkpoint, and `peft forward` on it
    python check.py adapter BASE ADAPTER INPUTS OUTPUT    an adapter folder, and `peft forward --gradients` with it
    python check.py all --peft ../peft [case ...]         every golden case through the command, both ways

INPUTS holds input_ids, attention_mask and labels, of a classifier [rows]; OUTPUT holds logits, loss and, for an adapter, grad.<key>. Errors are relative to the largest
absolute value of the tensor; logits are compared where attention_mask is 1. Exit status 1 if an error exceeds --tolerance or a file is not as it must be.
"""

import setting  # first: sets the environment

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

import alone
import cases
import golden
import tied

KINDS = {
    "ForSequenceClassification": AutoModelForSequenceClassification,
    "ForTokenClassification": AutoModelForTokenClassification,
    "ForQuestionAnswering": AutoModelForQuestionAnswering,
}

Errors = dict[str, float]
"""The largest relative error of each thing compared."""


class Wrong(Exception):
    """A file that is not what it must be."""


def relative(actual: torch.Tensor, expected: torch.Tensor) -> float:
    if actual.shape != expected.shape:
        raise Wrong(f"shape {list(actual.shape)} where {list(expected.shape)} is expected")
    if not actual.isfinite().all():
        raise Wrong("values that are not finite")
    return ((actual - expected).abs().max() / expected.abs().max().clamp(min=1e-30)).item()


def same_names(what: str, actual: set[str], required: set[str], allowed: set[str]) -> None:
    missing, unexpected = sorted(required - actual), sorted(actual - allowed)
    if missing or unexpected:
        raise Wrong(f"{what}: missing {missing}, unexpected {unexpected}")


def load_model(folder: Path) -> PreTrainedModel:
    """With eager attention, but for Falcon's ALiBi, which transformers 5.18 then adds twice."""
    config = AutoConfig.from_pretrained(folder)
    attention = "sdpa" if getattr(config, "alibi", False) else "eager"
    headed = next((kind for suffix, kind in KINDS.items() if config.architectures[0].endswith(suffix)), None)
    kind = headed or (AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM)
    model, info = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation=attention, output_loading_info=True
    )
    problems = {key: value for key, value in info.items() if value}
    if problems:
        raise Wrong(f"{folder}: {problems}")
    if hasattr(model, "_prepare_text_encoder_decoder_kwargs_for_generation"):  # PEFT 0.21 asks for a method by the name that it had in transformers 4
        model._prepare_encoder_decoder_kwargs_for_generation = model._prepare_text_encoder_decoder_kwargs_for_generation
    return model.eval()


def is_prompt(folder: Path) -> bool:
    return "num_virtual_tokens" in json.loads((folder / "adapter_config.json").read_text())


def load_adapter(base: Path, folder: Path) -> PeftModel:
    """Strict where PEFT is not: it passes over tensors that it does not know."""
    # PEFT cannot load a prompt to train on.
    model = PeftModel.from_pretrained(
        load_model(base), str(folder), is_trainable=not is_prompt(folder), autocast_adapter_dtype=False
    ).eval()
    stored = load_file(folder / "adapter_model.safetensors")
    loaded = get_peft_model_state_dict(model)
    same_names(str(folder), set(stored), set(loaded) if is_prompt(folder) else set(trained(model)), set(loaded))
    for key, value in stored.items():
        if not torch.equal(value.float(), loaded[key].float()):
            raise Wrong(f"{folder}: {key} was not loaded as stored")
    return model


def trained(model: PeftModel) -> dict[str, torch.Tensor]:
    """Each trained parameter's gradient, or the parameter itself before there is one, by its key in the adapter file."""
    tensors = {
        name: parameter.detach() if parameter.grad is None else parameter.grad
        for name, parameter in golden.distinct(model).items()
    }
    return golden.keyed(model, tensors)


def with_meaning(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """A classifier's logits, or a language model's where there is a token; PEFT gives those of virtual tokens too."""
    return logits if logits.dim() == 2 else logits[:, -mask.shape[1] :][mask.bool()]


def together(output: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The logits of an answer's two ends side by side, as in the golden files."""
    if "start_logits" not in output:
        return output
    return {**output, "logits": torch.stack([output["start_logits"], output["end_logits"]], -1)}


def compare_output(
    model: torch.nn.Module, inputs: dict[str, torch.Tensor], actual: dict[str, torch.Tensor], virtual: int | None = None
) -> Errors:
    """virtual is the number of virtual tokens, 0 for a prefix, None without either."""
    actual = together(actual)
    same_names("output", set(actual) & {"logits", "loss"}, {"logits", "loss"}, {"logits", "loss"})
    if virtual is not None and alone.applies(inputs):
        output = alone.run(model, inputs, virtual)
    else:
        output = golden.run(model, inputs) if isinstance(model, PeftModel) else model(**inputs)
    if output.loss.requires_grad:
        output.loss.backward()
        if isinstance(model, PeftModel):
            tied.add_gradients(model)
    expected = golden.logits(output).detach()
    mask = inputs.get("decoder_attention_mask", inputs["attention_mask"])
    batch = mask.shape[: actual["logits"].dim() - 1]
    if actual["logits"].shape[:-1] != batch:
        raise Wrong(f"logits: shape {list(actual['logits'].shape)} where {[*batch, expected.shape[-1]]} is expected")
    return {
        "logits": relative(with_meaning(actual["logits"], mask), with_meaning(expected, mask)),
        "loss": relative(actual["loss"].reshape(()), output.loss.detach()),
    }


def merged(folder: Path, inputs: Path, output: Path) -> Errors:
    model = load_model(folder).requires_grad_(False)
    return compare_output(model, load_file(inputs), load_file(output))


def adapter(base: Path, folder: Path, inputs: Path, output: Path) -> Errors:
    model, actual = load_adapter(base, folder), load_file(output)
    virtual = cases.virtual_tokens(model.active_peft_config) if is_prompt(folder) else None
    errors = compare_output(model, load_file(inputs), actual, virtual)
    if is_prompt(folder):
        return errors  # PEFT trains the loaded result, not its encoder; the golden files have the gradients
    expected = {f"grad.{key}": value for key, value in trained(model).items() if value.numel() > 0}
    same_names("output", {key for key in actual if key.startswith("grad.")}, set(expected), set(expected))
    # The same number at each position changes no softmax over positions: the gradient of an answer's bias is rounding.
    counting = {key: value for key, value in expected.items() if not key.endswith("qa_outputs.bias")}
    errors["gradients"] = max(relative(actual[key], value) for key, value in counting.items())
    return errors


def command(*arguments: object) -> None:
    done = subprocess.run([str(each) for each in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(str(each) for each in arguments[1:])}\nexit status {done.returncode}\n{done.stderr}")


def trained_and_saved(peft: Path, base: Path, folder: Path, inputs: Path, scratch: Path) -> Errors:
    """An adapter that `peft train` wrote: PEFT must load all of it, and compute with it what `peft forward` does."""
    saved, output = scratch / "trained", scratch / "trained.safetensors"
    command(
        peft, "train", "--model", base, "--adapter", folder, "--data", inputs, "--output", saved,
        "--steps", 2, "--batch-size", 2, "--learning-rate", 1e-3,
    )  # fmt: skip
    command(peft, "forward", "--model", base, "--adapter", saved, "--inputs", inputs, "--output", output, "--gradients")
    return adapter(base, saved, inputs, output)


def round_trip(peft: Path, case: Path) -> Errors:
    """A golden case through `peft forward`, `peft train` from its adapter on, `peft merge`, and `peft forward` on what they wrote."""
    base = setting.BASES / json.loads((case / "case.json").read_text())["base"]
    folder, inputs = case / "adapter", case / "inputs.safetensors"
    expected, mask = load_file(case / "expected.safetensors"), load_file(inputs)
    mask = mask.get("decoder_attention_mask", mask["attention_mask"])
    with tempfile.TemporaryDirectory() as scratch:
        adapted, whole, after = (Path(scratch) / each for each in ("adapted.safetensors", "merged", "merged.safetensors"))
        command(
            peft, "forward", "--model", base, "--adapter", folder, "--inputs", inputs, "--output", adapted, "--gradients"
        )
        errors = adapter(base, folder, inputs, adapted)
        errors["saved"] = max(trained_and_saved(peft, base, folder, inputs, Path(scratch)).values())
        if is_prompt(folder):
            return errors  # changes no weight
        command(peft, "merge", "--model", base, "--adapter", folder, "--output", whole)
        command(peft, "forward", "--model", whole, "--inputs", inputs, "--output", after)
        errors.update({f"merged {key}": value for key, value in merged(whole, inputs, after).items()})
        if any(value.dtype != torch.float32 for part in whole.glob("*.safetensors") for value in load_file(part).values()):
            return errors  # stored in half precision, the merge cannot equal its parts to 1e-5
        logits = with_meaning(together(load_file(after))["logits"], mask)
        # Where a tied embedding is adapted PEFT's merge changes the head too; to keep the two apart is as good.
        errors["merge"] = min(relative(logits, with_meaning(expected[key], mask)) for key in ("logits", "merged_logits"))
    return errors


COLUMNS = ["logits", "loss", "gradients", "saved", "merged logits", "merged loss", "merge"]


# PEFT has no LoHa, LoKr and OLoRA on Conv1D, and gives no state of VeRA without its projections.
# Bases in fewer bits are merged by no one without rounding.
# What a trainer made of several batches is not one round trip.
NOT_LOADED = ("quantized/", "trainer/", "loha/gpt2", "lokr/gpt2", "initialization/gpt2_olora", "eva/", "vera/llama_saved", "vera/gpt2_saved")

# Both take their matrices from a singular value decomposition of their own, in single precision.
PISSA = ("initialization/llama_pissa", "initialization/gpt2_pissa", "dora/llama_pissa")
PISSA_TOLERANCE = 4e-4

# Single precision is this far from double in PyTorch itself.
NOISE = {"seq2seq/bart_all_linear": 1e-4, "seq2seq/marian_all_linear": 5e-5}

# After two steps: oneDNN's logarithm of a softmax of few classes; with the portable kernels it is 1e-6.
KERNELS = {"encoders/albert_groups": 3e-5}


def check_all(peft: Path, names: list[str], tolerance: float) -> bool:
    configs = [*setting.GOLDEN.glob("*/adapter/adapter_config.json"), *setting.GOLDEN.glob("*/*/adapter/adapter_config.json")]
    found = {str(path.parent.parent.relative_to(setting.GOLDEN)): path.parent.parent for path in sorted(configs)}
    found = {name: folder for name, folder in found.items() if (folder / "case.json").exists() and not name.startswith(NOT_LOADED)}
    print(f"{'case':36}" + "".join(f"{column:>15}" for column in COLUMNS))
    good = True
    for name in names or found:
        try:
            errors = round_trip(peft, found[name])
        except Wrong as wrong:
            good = False
            print(f"{name:36}  FAILED {wrong}", flush=True)
            continue
        within = max(errors.values()) <= (max(tolerance, PISSA_TOLERANCE if name in PISSA else (NOISE | KERNELS).get(name, 0)))
        good &= within
        cells = [f"{errors[each]:15.1e}" if each in errors else f"{'-':>15}" for each in COLUMNS]
        print(f"{name:36}" + "".join(cells) + ("" if within else "  FAILED"), flush=True)
    return good


def report(errors: Errors, tolerance: float) -> bool:
    for key, value in errors.items():
        print(f"{key:12} {value:.1e}" + ("" if value <= tolerance else "  FAILED"))
    return max(errors.values()) <= tolerance


def main() -> int:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # A single gradient in FP32 is up to 1e-5 from FP64, on either side: see double.py.
    parser.add_argument("--tolerance", type=float, default=2e-5)
    modes = parser.add_subparsers(dest="mode", required=True)
    for mode, paths in {"merged": ["folder"], "adapter": ["base", "adapter"]}.items():
        subparser = modes.add_parser(mode)
        for path in [*paths, "inputs", "output"]:
            subparser.add_argument(path, type=Path)
    everything = modes.add_parser("all")
    everything.add_argument("--peft", type=Path, required=True)
    everything.add_argument("cases", nargs="*")
    given = parser.parse_args()
    try:
        if given.mode == "merged":
            good = report(merged(given.folder, given.inputs, given.output), given.tolerance)
        elif given.mode == "adapter":
            good = report(adapter(given.base, given.adapter, given.inputs, given.output), given.tolerance)
        else:
            good = check_all(given.peft.resolve(), given.cases, given.tolerance)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
