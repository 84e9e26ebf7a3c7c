"""Writes the golden files of generation and of the logits processors: python generation.py"""

import setting  # first: sets the environment

import shutil

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
)

import bases
import bases_decoders
import bases_odd

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
    """Greedy generation and beams of every base of bases_decoders and bases_odd that is a language model: <base>.input_ids, .attention_mask, .greedy and .beams."""
    tensors = {}
    for base in [*bases_decoders.ALL, *bases_odd.ALL]:
        if not bases.ALL[base].classifier:
            tensors.update({f"{base}.{key}": value for key, value in without_ties(base).items()})
    setting.write_tensors(setting.GOLDEN / "generation/decoders.safetensors", tensors)


def nudged(base: str) -> PreTrainedModel:
    """The base, a little changed: where its choice is another, the choice depends on rounding."""
    model = bases.load(base)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.mul_(1 + setting.normal(f"nudge/{key}", parameter, 1e-5))
    return model


def without_ties(base: str) -> dict[str, torch.Tensor]:
    """The first prompts of this base that give no near tie, with what follows."""
    model, other = bases.load(base), nudged(base)
    options = {"num_beams": 3, "num_return_sequences": 2, "max_new_tokens": NEW_TOKENS, "do_sample": False, "pad_token_id": PAD, "eos_token_id": NO_EOS}
    for seed in range(40):
        inputs = prompts(f"{base}/{seed}")
        try:
            greedy = generate(model, inputs).sequences
        except AssertionError:
            continue
        found = model.generate(**inputs, **options)
        if torch.equal(found, other.generate(**inputs, **options)):
            return {**inputs, "greedy": greedy, "beams": found}
    raise AssertionError(f"{base}: only ties")


BEAMS: dict[str, dict] = {
    "greedy": {},
    "eos": {"eos_token_id": None},
    "beams": {"num_beams": 3, "num_return_sequences": 2},
    "beams_eos": {"num_beams": 3, "eos_token_id": None, "num_return_sequences": 3},
    "beams_long": {"num_beams": 2, "eos_token_id": None, "length_penalty": 2.0, "early_stopping": True},
    "beams_short": {"num_beams": 4, "eos_token_id": None, "length_penalty": -1.0, "num_return_sequences": 2},
    "beams_never": {"num_beams": 3, "eos_token_id": None, "early_stopping": "never"},
    "beams_ngrams": {"num_beams": 2, "eos_token_id": None, "no_repeat_ngram_size": 2, "min_new_tokens": 5},
    "beams_source": {"num_beams": 2, "eos_token_id": None, "encoder_no_repeat_ngram_size": 2},
    "source": {"encoder_no_repeat_ngram_size": 1},
    "source_likelier": {"encoder_repetition_penalty": 1.5, "eos_token_id": None},
    "source_pairs": {"encoder_no_repeat_ngram_size": 2, "eos_token_id": None},
    "ngrams": {"no_repeat_ngram_size": 2, "repetition_penalty": PENALTY},
    "forced": {"eos_token_id": None, "forced_bos_token_id": 9, "forced_eos_token_id": 2, "min_new_tokens": 4},
}
"""Options of generate; eos_token_id null is a token that ends some rows. encoder_repetition_penalty without beams: transformers mixes up their rows."""
BEAM_BASES = ["llama", "gpt2", "bart", "t5", "t5_gated", "mt5", "umt5", "mbart", "marian", "pegasus", "mbart_f16", "marian_f16", "pegasus_f16"]
"""The last three are of odd sizes."""
BEAM_TOKENS = 10


def beams(base: str, seed: int) -> dict[str, torch.Tensor]:
    model, inputs = bases.load(base), prompts(f"{base}/beams/{seed}")
    padding = {"pad_token_id": PAD, "max_new_tokens": BEAM_TOKENS, "do_sample": False}
    if model.config.is_encoder_decoder:  # padded on the right
        lengths = inputs["attention_mask"].sum(dim=1)
        mask = (torch.arange(max(PROMPT_LENGTHS)) < lengths.unsqueeze(1)).long()
        ids = torch.randint(3, bases.VOCABULARY, mask.shape, generator=setting.generator(f"{base}/beams/{seed}"))
        inputs = {"input_ids": ids * mask, "attention_mask": mask}
    other = nudged(base)
    free = model.generate(**inputs, **padding, eos_token_id=NO_EOS)[:, -BEAM_TOKENS:]
    end = free[0, 4].item()
    result = {**inputs, "end": torch.tensor([end])}
    for name, options in BEAMS.items():
        given = {"eos_token_id": NO_EOS, **options}
        if given["eos_token_id"] is None:
            given["eos_token_id"] = end
        found = model.generate(**inputs, **padding, **given)
        assert torch.equal(found, other.generate(**inputs, **padding, **given)), "choose another seed"
        result[name] = found
    return result


def write_beams() -> None:
    """<base>.input_ids, .attention_mask and .end, and the sequences of each case of BEAMS."""
    tensors = {}
    for base in BEAM_BASES:
        for seed in range(30):
            try:
                found = beams(base, seed)
            except AssertionError:
                continue
            tensors.update({f"{base}.{key}": value for key, value in found.items()})
            break
        else:
            raise AssertionError(f"{base}: only ties")
    for base in SAMPLED_BASES:
        tensors.update(sampled(base, tensors))
    tensors.update(drawn(tensors))
    setting.write_tensors(setting.GOLDEN / "generation/beams.safetensors", tensors)
    described = {"max_new_tokens": BEAM_TOKENS, "bases": BEAM_BASES, "options": BEAMS, "sampled_bases": SAMPLED_BASES, "sampled": SAMPLED, "drawn": DRAWN}
    setting.write_json(setting.GOLDEN / "generation/beams.json", described)


SAMPLED: dict[str, dict] = {
    "temperature": {"num_beams": 2, "temperature": 0.6, "top_k": 0},
    "processors": {"num_beams": 3, "temperature": 1.4, "top_k": 11, "top_p": 0.97, "num_return_sequences": 3},
    "eos": {"num_beams": 2, "eos_token_id": None, "top_k": 7, "typical_p": 0.95, "length_penalty": 0.5},
}
"""Beam search that samples."""
SAMPLED_BASES = ["llama", "bart"]
DRAWS, DRAWN = 20_000, {"num_beams": 2, "temperature": 1.3, "top_k": 4, "max_new_tokens": 2}


def likeliest(probabilities: torch.Tensor, num_samples: int, **_) -> torch.Tensor:
    return probabilities.topk(num_samples).indices


def sampled(base: str, stored: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What beam search that samples writes if each draw gives the likeliest tokens."""
    model, result = bases.load(base), {}
    inputs = {key: stored[f"{base}.{key}"] for key in ("input_ids", "attention_mask")}
    draw, torch.multinomial = torch.multinomial, likeliest
    for name, options in SAMPLED.items():
        given = {"eos_token_id": NO_EOS, **options}
        if given["eos_token_id"] is None:
            given["eos_token_id"] = stored[f"{base}.end"].item()
        result[f"{base}.sampled_{name}"] = model.generate(**inputs, pad_token_id=PAD, max_new_tokens=BEAM_TOKENS, do_sample=True, **given)
    torch.multinomial = draw
    return result


def drawn(stored: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """How often which two tokens follow one prompt."""
    model, prompt = bases.load("llama"), stored["llama.input_ids"][:1]
    torch.manual_seed(0)
    found = model.generate(
        input_ids=prompt.repeat(DRAWS, 1), attention_mask=torch.ones_like(prompt).repeat(DRAWS, 1), do_sample=True, pad_token_id=PAD, eos_token_id=NO_EOS, **DRAWN
    )
    texts, counts = found[:, prompt.shape[1] :].unique(dim=0, return_counts=True)
    return {"drawn.texts": texts, "drawn.counts": counts}


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


def processors(rows: torch.Tensor, **parameters) -> LogitsProcessorList:
    """In the order in which transformers applies them; rows begin with 4 tokens, have 7 at most, and end with 2 or 13."""
    config = GenerationConfig(do_sample=True, max_length=7, eos_token_id=[2, 13], **{"top_k": 0, **parameters})
    config._eos_token_tensor = torch.tensor([2, 13])
    return bases.load("llama")._get_logits_processor(config, input_ids_seq_length=4, encoder_input_ids=rows[:, :4])


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
    "min_p": {"min_p": 0.2},
    "min_p_all": {"min_p": 0.05, "temperature": 1.5, "top_k": 9},
    "typical_p": {"typical_p": 0.6},
    "typical_p_tiny": {"typical_p": 0.01},
    "typical_p_masked": {"typical_p": 0.8, "top_k": 6},
    "min_length": {"min_length": 7},
    "min_length_reached": {"min_length": 6},
    "min_new_tokens": {"min_new_tokens": 3},
    "min_new_tokens_reached": {"min_new_tokens": 2},
    "bigrams": {"no_repeat_ngram_size": 2},
    "trigrams": {"no_repeat_ngram_size": 3},
    "single_tokens": {"no_repeat_ngram_size": 1},
    "source_pairs": {"encoder_no_repeat_ngram_size": 2},
    "source_tokens": {"encoder_no_repeat_ngram_size": 1},
    "source_penalty": {"encoder_repetition_penalty": 1.7},
    "source_reward": {"encoder_repetition_penalty": 0.6, "repetition_penalty": 1.2},
    "source_triples": {"encoder_no_repeat_ngram_size": 3, "no_repeat_ngram_size": 2},
    "beams_top_k": {"top_k": 1, "num_beams": 2},
    "beams_top_p": {"top_p": 0.1, "num_beams": 2},
    "beams_min_p": {"min_p": 0.95, "num_beams": 4},
    "beams_typical_p": {"typical_p": 0.05, "num_beams": 2},
    "bad_words": {"bad_words_ids": [[0, 19, 3], [7, 13, 5, 8], [6], [2], [19, 4]]},
    "suppress": {"suppress_tokens": [3, 11], "begin_suppress_tokens": [4, 5]},
    "begin_suppress": {"begin_suppress_tokens": [4, 5, 19]},
    "forced_last": {"forced_eos_token_id": [2, 13], "repetition_penalty": 1.2},
    "rules": {"no_repeat_ngram_size": 2, "bad_words_ids": [[5, 9]], "min_new_tokens": 4, "suppress_tokens": [1], "top_p": 0.9, "min_p": 0.1},
}
ROWS = {
    "bigrams": [[4, 9, 0, 4, 9, 4], [7, 7, 7, 7, 1, 7]],
    "source_pairs": [[4, 9, 0, 4, 5, 9], [7, 7, 1, 7, 13, 7]],
    "source_triples": [[4, 9, 0, 4, 4, 9], [7, 7, 1, 7, 7, 7]],
    "trigrams": [[4, 9, 0, 4, 9, 4, 9], [7, 7, 7, 7, 1, 7, 7]],
    "begin_suppress": [[1, 4, 9, 19], [2, 7, 13, 5]],
    "rules": [[1, 4, 5, 4, 9, 5], [2, 7, 7, 13, 5, 7]],
}
"""Rows of their own, where the common ones show nothing."""


def write_processors() -> None:
    plain = torch.randn(2, 20, generator=setting.generator("processors")) * 2.5
    tied = plain.clone()
    tied[1, [3, 7, 11]] = tied[1].topk(5).values[4]  # at the edge of top_k 5, all of them stay
    previous = torch.tensor([[1, 4, 4, 9, 0, 19], [2, 7, 7, 7, 13, 5]])
    tensors = {"input_ids": previous}
    for name, parameters in PARAMETERS.items():
        logits = tied if name.endswith("_tied") else plain
        rows = torch.tensor(ROWS[name]) if name in ROWS else previous
        if name in ROWS:
            tensors[f"{name}.input_ids"] = rows
        processed = processors(rows, **parameters)(rows, logits.clone())
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
    write_beams()
    write_defaults()
    write_processors()
