"""Writes the golden files of generation and of the logits processors: python generation.py"""

import setting  # first: sets the environment

import shutil

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

import bases
import bases_decoders

PAD, NEW_TOKENS, PENALTY = 0, 16, 1.3
PROMPT_LENGTHS = [7, 4, 1]
NO_EOS = -1
"""Ends nothing; transformers would take null from the model's config."""


def prompts(name: str) -> dict[str, torch.Tensor]:
    width = max(PROMPT_LENGTHS)
    shape = (len(PROMPT_LENGTHS), width)
    mask = torch.stack([(torch.arange(width) >= width - length).long() for length in PROMPT_LENGTHS])
    ids = torch.randint(3, bases.VOCABULARY, shape, generator=setting.generator(f"{name}/prompts"))
    return {"input_ids": ids * mask, "attention_mask": mask}


def generate(model: PreTrainedModel, inputs: dict[str, torch.Tensor], **options):
    result = model.generate(
        **inputs,
        **{
            "max_new_tokens": NEW_TOKENS,
            "do_sample": False,
            "pad_token_id": PAD,
            "eos_token_id": NO_EOS,
            "return_dict_in_generate": True,
            "output_logits": True,
            "output_scores": True,
            **options,
        },
    )
    for scores in result.scores:  # a near tie would make the choice depend on rounding
        best = scores.topk(2).values
        assert (best[:, 0] - best[:, 1]).min() > 1e-3, "choose another seed"
    return result


def stopping_token(sequences: torch.Tensor) -> int:
    """A token that ends some rows early and leaves others to run on."""
    new = sequences[:, -NEW_TOKENS:]
    for token in new[0, 4:].tolist():
        rows = (new == token).any(dim=1)
        if token != PAD and token not in new[0, :3] and not rows.all():
            return token
    raise AssertionError("choose another seed")


def write_generation(base: str) -> None:
    folder = setting.GOLDEN / f"generate_{base}"
    shutil.rmtree(folder, ignore_errors=True)
    model, inputs = bases.load(base), prompts(base)
    greedy = generate(model, inputs)
    eos = stopping_token(greedy.sequences)
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(
        folder / "expected.safetensors",
        {
            "greedy": greedy.sequences,
            "greedy_logits": torch.stack(greedy.logits, dim=1),
            "repetition_penalty": generate(model, inputs, repetition_penalty=PENALTY).sequences,
            "eos": generate(model, inputs, eos_token_id=eos).sequences,
        },
    )
    setting.write_json(
        folder / "case.json",
        {
            "description": "Greedy generation from left-padded prompts",
            "base": base,
            "max_new_tokens": NEW_TOKENS,
            "pad_token_id": PAD,
            "repetition_penalty": PENALTY,
            "eos_token_id": eos,
        },
    )


def write_decoders() -> None:
    """Greedy generation of every base of bases_decoders that is a language model: <base>.input_ids, .attention_mask and .greedy."""
    tensors = {}
    for base in bases_decoders.ALL:
        if not bases.ALL[base].classifier:
            inputs, greedy = without_ties(base)
            tensors.update({f"{base}.{key}": value for key, value in {**inputs, "greedy": greedy}.items()})
    setting.write_tensors(setting.GOLDEN / "generation/decoders.safetensors", tensors)


def without_ties(base: str) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The first prompts of this base that give no near tie."""
    model = bases.load(base)
    for seed in range(20):
        inputs = prompts(f"{base}/{seed}")
        try:
            return inputs, generate(model, inputs).sequences
        except AssertionError:
            continue
    raise AssertionError(f"{base}: only ties")


def write_defaults() -> None:
    """What `generate` without arguments makes of a generation_config.json."""
    folder = setting.GOLDEN / "generate_defaults"
    shutil.rmtree(folder, ignore_errors=True)
    model, inputs = bases.load("llama"), prompts("llama")
    new = generate(model, inputs).sequences[:, -NEW_TOKENS:]
    configs = {
        "nothing": {},
        "max_new_tokens": {"max_new_tokens": 5, "max_length": 9, "do_sample": None},
        "max_length": {"max_length": 12, "temperature": 0.3, "top_k": 3, "min_p": 0.1},
        "penalty": {"repetition_penalty": PENALTY, "max_new_tokens": 9, "num_beams": 1, "bad_words_ids": None},
        "several_eos": {"eos_token_id": [new[0, 6].item(), new[1, 8].item()], "max_new_tokens": 12},
    }
    results = {}
    for name, config in configs.items():
        model.generation_config = GenerationConfig.from_dict({"pad_token_id": PAD, **config})
        results[name] = model.generate(**inputs)
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(folder / "expected.safetensors", results)
    setting.write_json(folder / "case.json", {"base": "llama", "configs": configs})


def processors(repetition_penalty=1.0, temperature=1.0, top_k=0, top_p=1.0) -> LogitsProcessorList:
    """In the order in which transformers applies them."""
    result = LogitsProcessorList()
    if repetition_penalty != 1.0:
        result.append(RepetitionPenaltyLogitsProcessor(repetition_penalty))
    if temperature != 1.0:
        result.append(TemperatureLogitsWarper(temperature))
    if top_k:
        result.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        result.append(TopPLogitsWarper(top_p))
    return result


PARAMETERS = {
    "none": {},
    "temperature_low": {"temperature": 0.3},
    "temperature_high": {"temperature": 1.7},
    "top_k": {"top_k": 5},
    "top_k_tied": {"top_k": 5},
    "top_k_one": {"top_k": 1},
    "top_k_beyond_vocabulary": {"top_k": 1000},
    "top_p": {"top_p": 0.9},
    "top_p_half": {"top_p": 0.5},
    "top_p_tiny": {"top_p": 1e-4},
    "repetition_penalty": {"repetition_penalty": 1.3},
    "repetition_reward": {"repetition_penalty": 0.8},
    "all": {"repetition_penalty": 1.3, "temperature": 0.7, "top_k": 8, "top_p": 0.8},
}


def write_processors() -> None:
    plain = torch.randn(2, 20, generator=setting.generator("processors")) * 2.5
    tied = plain.clone()
    tied[1, [3, 7, 11]] = tied[1].topk(5).values[4]  # at the edge of top_k 5, all of them stay
    previous = torch.tensor([[1, 4, 4, 9, 0, 19], [2, 7, 7, 7, 13, 5]])
    tensors = {"input_ids": previous}
    for name, parameters in PARAMETERS.items():
        logits = tied if name.endswith("_tied") else plain
        processed = processors(**parameters)(previous, logits.clone())
        tensors[f"{name}.input"] = logits
        tensors[f"{name}.output"] = processed
        tensors[f"{name}.probabilities"] = processed.softmax(dim=-1)
    folder = setting.GOLDEN / "logits_processors"
    shutil.rmtree(folder, ignore_errors=True)
    setting.write_tensors(folder / "expected.safetensors", tensors)
    setting.write_json(folder / "case.json", PARAMETERS)


if __name__ == "__main__":
    write_generation("llama")
    write_generation("gpt2")
    write_generation("opt")
    write_generation("opt_350m")
    write_generation("llama_rope_longrope")
    write_decoders()
    write_defaults()
    write_processors()
