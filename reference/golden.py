"""Writes the golden files of the adapter cases: python golden.py [case ...]"""

import setting  # first: sets the environment

import contextlib
import copy
import io
import shutil
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model, get_peft_model_state_dict
from transformers import PreTrainedConfig
from transformers.utils import ModelOutput

import alone
import bases
import cases
import cases_classification
import cases_decoders
import cases_encoders
import cases_heads
import cases_models
import cases_odd
import cases_low_rank
import cases_pictures
import cases_prompt
import cases_scaling
import cases_seq2seq
import initial
import prompts
import tied
from first_values import first_value

STEPS = 5
OptimizerOf = Callable[[PeftModel, cases.Case], torch.optim.Optimizer]
ALL = {
    **cases.ALL,
    **cases_scaling.ALL,
    **cases_low_rank.ALL,
    **cases_prompt.ALL,
    **cases_classification.ALL,
    **cases_models.ALL,
    **cases_seq2seq.ALL,
    **cases_decoders.ALL,
    **cases_odd.ALL,
    **cases_encoders.ALL,
    **cases_heads.ALL,
    **cases_pictures.ALL,
}


def batch(name: str, case: cases.Case) -> dict[str, torch.Tensor]:
    """Three rows or one, all but the first padded; no label where the prediction would be made at a padded position."""
    if bases.ALL[case.base].task == "pictures":
        return of_pictures(name, case)
    if bases.ALL[case.base].task == "captions":
        return of_captions(name, case)
    if bases.ALL[case.base].task == "pairs":
        return of_pairs(name, case)
    padding = 0 if case.padding == "none" else 2
    lengths = [case.length, case.length - padding, case.length - 2 * padding][: case.rows]
    shape = (len(lengths), case.length)
    ids = torch.randint(3, bases.VOCABULARY, shape, generator=setting.generator(f"{name}/input_ids"))
    mask = torch.zeros(shape, dtype=torch.int64)
    for row, length in enumerate(lengths):
        mask[row, slice(-length, None) if case.padding == "left" else slice(length)] = 1
    ids = ids * mask  # the pad token is 0
    base = bases.ALL[case.base]
    if (base.config.pad_token_id or 0) > 2:  # a token like any other, but for its row of the embedding
        ids[0, 2] = ids[1, 1] = ids[2, 4] = base.config.pad_token_id
    if base.task:
        return of_encoder(name, base, ids, mask)
    if base.classifier:
        labels = torch.randperm(len(lengths), generator=setting.generator(f"{name}/labels")) % base.config.num_labels
    elif base.config.is_encoder_decoder:
        return {"input_ids": ids, "attention_mask": mask, **targets(name, case, base.config)}
    else:
        labels = next_tokens(ids, mask, cases.virtual_tokens(case.config) > 0)
    result = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    if case.tasks:
        result["task_ids"] = torch.arange(len(lengths)).flip(0) % case.tasks
    return result


def of_pictures(name: str, case: cases.Case) -> dict[str, torch.Tensor]:
    """Pictures and their labels, and whether they have another size than the model's."""
    config = bases.ALL[case.base].config
    size = case.size or (config.image_size if isinstance(config.image_size, list) else [config.image_size] * 2)
    shape = (case.rows, config.num_channels, *size)
    result = {"pixel_values": torch.randn(shape, generator=setting.generator(f"{name}/pixel_values"))}
    if case.size:
        result["interpolate_pos_encoding"] = torch.ones(1, dtype=torch.int64)
    generator = setting.generator(f"{name}/labels")
    if config.problem_type == "multi_label_classification":
        return {**result, "labels": torch.randint(0, 2, (case.rows, config.num_labels), generator=generator).float()}
    if config.num_labels == 1:
        return {**result, "labels": torch.randn(case.rows, generator=generator)}
    return {**result, "labels": torch.randperm(case.rows, generator=generator) % config.num_labels}


def of_pairs(name: str, case: cases.Case) -> dict[str, torch.Tensor]:
    """Texts that end at different places, and a picture of each."""
    config = bases.ALL[case.base].config
    text, vision = config.text_config, config.vision_config
    size = case.size or [vision.image_size] * 2
    ids = torch.randint(3, 50, (case.rows, 7), generator=setting.generator(f"{name}/input_ids"))
    mask = torch.zeros_like(ids)
    for row in range(case.rows):
        end = 6 - row % 3
        ids[row, 0] = text.bos_token_id
        ids[row, end:] = 55
        mask[row, : end + 1] = 1
    pixels = torch.randn((case.rows, vision.num_channels, *size), generator=setting.generator(f"{name}/pixel_values"))
    result = {"input_ids": ids, "attention_mask": mask, "pixel_values": pixels, "return_loss": torch.ones(1, dtype=torch.int64)}
    return {**result, "interpolate_pos_encoding": torch.ones(1, dtype=torch.int64)} if case.size else result


def of_captions(name: str, case: cases.Case) -> dict[str, torch.Tensor]:
    """Captions of three lengths, padded on the right, and the pictures; the first token of one is not learnt."""
    config = bases.ALL[case.base].config
    vision = config.vision_config
    size = case.size or [vision.image_size] * 2
    ids = torch.randint(4, 50, (case.rows, 8), generator=setting.generator(f"{name}/input_ids"))
    mask = torch.ones_like(ids)
    ids[:, 0] = config.text_config.bos_token_id
    for row in range(case.rows):
        end = 7 - 2 * (row % 3)
        ids[row, end] = config.text_config.sep_token_id
        ids[row, end + 1 :] = 0
        mask[row, end + 1 :] = 0
    labels = torch.where(mask == 1, ids, -100)
    labels[0, 2] = -100
    pixels = torch.randn((case.rows, 3, *size), generator=setting.generator(f"{name}/pixel_values"))
    result = {"pixel_values": pixels, "input_ids": ids, "attention_mask": mask, "labels": labels}
    return {**result, "interpolate_pos_encoding": torch.ones(1, dtype=torch.int64)} if case.size else result


def of_encoder(name: str, base: bases.Base, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    """Labels of an encoder's task, and types of tokens if it has several: the last tokens are of the second sentence."""
    if base.task == "sequence" and base.config.is_encoder_decoder:
        ids = ended(ids, mask, base.config.eos_token_id)
    result = {"input_ids": torch.where(mask == 1, ids, base.config.pad_token_id or 0), "attention_mask": mask}
    if getattr(base.config, "type_vocab_size", 1) > 1:
        result["token_type_ids"] = (torch.arange(ids.shape[1]) > 4).long() * mask
    rows = ids.shape[0]
    generator = setting.generator(f"{name}/labels")
    if base.task == "tokens":
        labels = torch.randint(0, base.config.num_labels, ids.shape, generator=generator)
        labels[0, 2] = labels[1, 4] = -100
        return {**result, "labels": torch.where(mask == 1, labels, -100)}
    if base.task == "answers":
        first = mask.argmax(1) + torch.randint(0, 3, (rows,), generator=generator)
        return {**result, "start_positions": first, "end_positions": first + torch.arange(rows)}
    if base.config.problem_type == "multi_label_classification":
        return {**result, "labels": torch.randint(0, 2, (rows, base.config.num_labels), generator=generator).float()}
    if base.config.num_labels == 1:
        return {**result, "labels": torch.randn(rows, generator=generator)}
    return {**result, "labels": torch.randperm(rows, generator=generator) % base.config.num_labels}


def ended(ids: torch.Tensor, mask: torch.Tensor, end: int) -> torch.Tensor:
    """Two texts in each row, each with its last token."""
    ids = ids.clone()
    for row in range(len(ids)):
        own = mask[row].nonzero().flatten()
        ids[row, own[1]] = ids[row, own[-1]] = end
    return ids


def run(model: PeftModel, inputs: dict[str, torch.Tensor]) -> ModelOutput:
    """Rows behind prompts and prefixes are as if alone. PEFT 0.21 drops the types of tokens before a model that answers questions: its own model takes them."""
    inputs = called(inputs)
    if is_prompt(model) and alone.applies(inputs):
        return alone.run(model, inputs, cases.virtual_tokens(model.active_peft_config))
    dropped = "start_positions" in inputs and not is_prompt(model)
    return (model.get_base_model() if dropped else model)(**inputs)


def called(inputs: dict[str, torch.Tensor]) -> dict[str, object]:
    """The arguments of a call: a flag is no tensor."""
    flags = ("interpolate_pos_encoding", "return_loss")
    return {key: bool(value) if key in flags else value for key, value in inputs.items()}


def logits(output: ModelOutput) -> torch.Tensor:
    """The logits of a model; those of an answer's two ends side by side."""
    if "logits_per_text" in output:
        return output.logits_per_text
    return torch.stack([output.start_logits, output.end_logits], -1) if "start_logits" in output else output.logits


def targets(name: str, case: cases.Case, config: PreTrainedConfig) -> dict[str, torch.Tensor]:
    """Three texts for a decoder, the second and the third padded on the case's side, one token of the first left out of the loss."""
    lengths = [7, 7, 7] if case.padding == "none" else [7, 4, 6]
    vocabulary = getattr(config, "decoder_vocab_size", bases.VOCABULARY)
    labels = torch.full((3, 7), -100)
    mask = torch.zeros((3, 7), dtype=torch.int64)
    start = torch.zeros((3, 7), dtype=torch.bool)
    for row, length in enumerate(lengths):
        first = 7 - length if case.padding == "left" else 0
        tokens = torch.randint(3, vocabulary, (length,), generator=setting.generator(f"{name}/labels/{row}"))
        labels[row, first : first + length] = tokens
        mask[row, first : first + length] = 1
        start[row, first] = True
    before = labels.roll(1, 1)
    before[before == -100] = config.pad_token_id
    before[start] = config.decoder_start_token_id
    before[mask == 0] = config.pad_token_id
    labels[0, 2] = -100
    return {"decoder_input_ids": before, "decoder_attention_mask": mask, "labels": labels}


def next_tokens(ids: torch.Tensor, mask: torch.Tensor, virtual: bool) -> torch.Tensor:
    """The tokens as labels, some of them left out; virtual tokens predict the first one of a row too."""
    labels = torch.where(mask == 1, ids, -100)
    labels[0, :3] = -100  # as for a prompt
    labels[1, 4] = -100
    if not virtual:
        labels[:, 1:][mask[:, :-1] == 0] = -100
    return labels


def adapted(name: str, case: cases.Case) -> PeftModel:
    """The base with its adapters, every trainable tensor drawn anew so that none is zero or equal to the base's."""
    names = list(case.adapters)
    torch.manual_seed(zlib.crc32(name.encode()))  # for initialisations that draw what is kept
    base = bases.load(case.base, case.linear)
    model = get_peft_model(base, copy.deepcopy(case.config), adapter_name=names[0])
    for other in names[1:]:
        model.add_adapter(other, copy.deepcopy(case.adapters[other]))
    activate(model, names)
    with torch.no_grad():
        for key, parameter in trainable(model).items():
            parameter.copy_(first_value(name, key, parameter, case.config))
    prune(model, case.ranks)
    return model.eval()


def prune(model: PeftModel, ranks: dict[str, list[bool]]) -> None:
    """As AdaLoRA does when it allocates its budget: what falls away is zero, and rank_pattern says so."""
    if not ranks:
        return
    model.peft_config["default"].rank_pattern = {f"{name}.lora_E": kept for name, kept in ranks.items()}
    with torch.no_grad():
        for name, kept in ranks.items():
            module = model.base_model.model.get_submodule(name)
            module.lora_E["default"].mul_(torch.tensor(kept).unsqueeze(1))


def activate(model: PeftModel, names: list[str]) -> None:
    if len(names) > 1:
        model.base_model.set_adapter(names)


def trainable(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    return {key: parameter for key, parameter in model.named_parameters() if parameter.requires_grad}


def distinct(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    """The trainable parameters, each storage once."""
    return {key: parameter for key, parameter in trainable(model).items() if key not in tied.twins(model)}


def save(model: PeftModel, folder: Path) -> list[Path]:
    """As PEFT saves, less the model card; sets are sorted, whose order PEFT leaves to chance. One folder an adapter."""
    names = list(model.peft_config)
    target = folder / ("adapter" if names == ["default"] else "adapters")
    model.save_pretrained(target)
    folders = [target] if names == ["default"] else [target / name for name in names]
    for each in folders:
        (each / "README.md").unlink(missing_ok=True)
        setting.sort_sets(each / "adapter_config.json")
    (target / "README.md").unlink(missing_ok=True)
    if is_prompt(model):
        prompts.save_encoder(model, target)
    return folders


def is_prompt(model: PeftModel) -> bool:
    return next(iter(model.peft_config.values())).is_prompt_learning


def reload(case: cases.Case, folders: list[Path]) -> PeftModel:
    if case.config.is_prompt_learning:
        return prompts.reload(case, folders[0])
    names = list(case.adapters)
    base = bases.load(case.base, case.linear)
    model = PeftModel.from_pretrained(
        base, str(folders[0]), adapter_name=names[0], is_trainable=True, autocast_adapter_dtype=False
    )
    for name, folder in zip(names[1:], folders[1:]):
        model.load_adapter(str(folder), name, is_trainable=True)
    activate(model, names)
    return model.eval()


def keyed(model: PeftModel, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Renames tensors from parameter names to adapter file keys, after `<adapter>/` where there are several."""
    if is_prompt(model):
        return prompts.keyed(model, tensors)
    if model.peft_type == "VERA":  # looks for its projections, which do not train
        tensors = {**tensors, "base_model.vera_A.default": None, "base_model.vera_B.default": None}
    if getattr(next(iter(model.peft_config.values())), "ensure_weight_tying", False):  # looks for what a name is left out for
        tensors = {**dict.fromkeys(model.state_dict()), **tensors}
    result = {}
    for name in model.peft_config:
        prefix = "" if len(model.peft_config) == 1 else f"{name}/"
        chosen = get_peft_model_state_dict(model, dict(tensors), name, save_embedding_layers=False)
        result.update({prefix + key: value for key, value in chosen.items() if value is not None})
    assert len(result) == len([each for each in tensors.values() if each is not None]), (sorted(result), sorted(tensors))
    return result


def expected(
    case: cases.Case, folders: list[Path], inputs: dict[str, torch.Tensor], optimizer_of: OptimizerOf
) -> dict[str, torch.Tensor]:
    model = reload(case, folders)
    plain = {key: value for key, value in inputs.items() if key != "task_ids"}
    with torch.no_grad():
        result = {"base_logits": logits(bases.load(case.base)(**called(plain)))}
        if not case.config.is_prompt_learning:
            if tied.matters(case.config):  # merged twice by PEFT
                merged = reload(case, folders)
            else:
                merged = merge(case, folders)
            result["merged_logits"] = logits(merged(**called(inputs)))
        if case.config.peft_type == "ADALORA":  # its loss has another term, see the README
            result["cross_entropy"] = model.get_base_model()(**inputs).loss.reshape(1)
    output = run(model, inputs)
    output.loss.backward()
    tied.add_gradients(model)
    result["logits"] = logits(output)
    result["loss"] = output.loss.reshape(1)
    gradients = keyed(model, {key: parameter.grad.clone() for key, parameter in distinct(model).items()})
    for key, gradient in gradients.items():
        none = key.endswith("qa_outputs.bias")  # the same number at each position changes no softmax over positions
        assert none or gradient.numel() == 0 or gradient.abs().max() > 1e-4, f"{key} has no gradient to speak of"
    result.update({f"grad.{key}": gradient for key, gradient in gradients.items()})
    result["losses_adamw"] = train(model, optimizer_of(model, case), inputs)
    after = keyed(model, {key: parameter.detach() for key, parameter in distinct(model).items()})
    if case.config.is_prompt_learning:
        after["prompt_embeddings"] = prompts.embeddings(model)
    result.update({f"after_adamw.{key}": value for key, value in after.items()})
    return result


def merge(case: cases.Case, folders: list[Path]) -> torch.nn.Module:
    """The model without adapters. PEFT asks a saved module for its weight where (IA)3 is taken off, and a head of two layers has none: there the adapter stays."""
    try:
        return reload(case, folders).merge_and_unload(safe_merge=True)
    except AttributeError:
        model = reload(case, folders)
        model.merge_adapter(safe_merge=True)
        return model


def adamw(model: PeftModel, case: cases.Case) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        distinct(model).values(), lr=case.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=case.weight_decay
    )


def train(model: PeftModel, optimizer: torch.optim.Optimizer, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = run(model, inputs).loss
        loss.backward()
        tied.add_gradients(model)
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def summary(model: PeftModel) -> str:
    if tied.matters(next(iter(model.peft_config.values()))):
        return tied.summary(model)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        model.print_trainable_parameters()
    return text.getvalue().strip()


def check(name: str, case: cases.Case, folders: list[Path], inputs: dict[str, torch.Tensor], wanted: torch.Tensor) -> None:
    """What was saved gives the same again; a pruned AdaLoRA adds fewer numbers and so rounds otherwise."""
    found = logits(run(adapted(name, case), inputs))
    assert torch.allclose(found, wanted, atol=1e-5) if case.ranks else torch.equal(found, wanted), name
    if case.config.is_prompt_learning:
        found = logits(run(PeftModel.from_pretrained(bases.load(case.base, case.linear), str(folders[0])).eval(), inputs))
        assert torch.allclose(found, wanted, atol=1e-5), f"{name}: the encoder does not give what was saved"


def write(name: str, case: cases.Case, optimizer_of: OptimizerOf = adamw, **more: object) -> None:
    """A case's folder; what is in more goes into case.json too."""
    folder = setting.GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    inputs = batch(name, case)
    model = adapted(name, case)
    folders = save(model, folder)
    result = expected(case, folders, inputs, optimizer_of)
    check(name, case, folders, inputs, result["logits"])
    if initial.changes_base(case.config) and not case.config.use_dora:  # twice the rank is no DoRA any more
        initial.write_converted(name, case, adapted(name, case), folder, inputs, result)
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", result)
    describe(name, case, trainable_parameters_text=summary(model), **more)


def describe(name: str, case: cases.Case, **more: object) -> None:
    """Writes case.json. The first cases are LoRA without saying so."""
    method = {} if name in cases.ALL else {"method": case.config.peft_type.value}
    common = {
        "description": case.description,
        **method,
        "base": case.base,
        "adapters": list(case.adapters),
        "active": list(case.adapters),
        "learning_rate": case.learning_rate,
        "weight_decay": case.weight_decay,
    }
    setting.write_json(setting.GOLDEN / name / "case.json", {**common, **more})


def main(names: list[str]) -> None:
    for name in bases.ALL:
        bases.write(name)
    for name in names or ALL:
        print(name, flush=True)
        write(name, ALL[name])


if __name__ == "__main__":
    main(sys.argv[1:])
