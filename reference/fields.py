"""Writes what each field of a config.json changes in transformers: python fields.py [FAMILY ...]

A tiny model of each family, with its parameters and the modules that PEFT adapts by default. Then one field at a time with another value: do
parameters differ, or logits of equal weights, or nothing?
"""

import setting  # first: sets the environment

import copy
import json
import sys
import tempfile

import torch
from safetensors.torch import load_file
from peft import IA3Config, LoraConfig, PeftConfig, get_peft_model
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForImageClassification, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, BlipForConditionalGeneration, PreTrainedConfig, PreTrainedModel
from transformers.conversion_mapping import get_checkpoint_conversion_mapping
from transformers.core_model_loading import PrefixChange

import bases

FOLDER = setting.GOLDEN / "fields"
SIZES = dict(vocab_size=56, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64)
GATED = dict(**SIZES, hidden_size=32, intermediate_size=40, num_key_value_heads=2, bos_token_id=1, eos_token_id=2, pad_token_id=0)
PLAIN = dict(**SIZES, hidden_size=32, bos_token_id=1, eos_token_id=2, pad_token_id=0)
GPT = dict(vocab_size=56, n_embd=24, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
T5 = dict(
    vocab_size=56, d_model=32, d_kv=8, d_ff=40, num_layers=2, num_decoder_layers=2, num_heads=4, decoder_start_token_id=0, relative_attention_num_buckets=8
)

BART = dict(
    vocab_size=56, d_model=24, encoder_ffn_dim=40, decoder_ffn_dim=36, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
    decoder_attention_heads=2, max_position_embeddings=64, pad_token_id=0, decoder_start_token_id=2, forced_eos_token_id=None,
)
ENCODER = dict(**SIZES, hidden_size=24, intermediate_size=40)
PICTURES = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, image_size=12, patch_size=4)
CLIP_TEXT = dict(vocab_size=56, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=64)
CLASSIFY = ("vit", "deit")
VISION = (*CLASSIFY, "clip_vision_model")
CLIP = ("clip", "clip_text_model", "clip_vision_model")
ENCODERS = (*VISION, *CLIP, "bert", "roberta", "xlm-roberta", "electra", "distilbert", "albert", "mpnet", "modernbert")

FAMILIES: dict[str, dict] = {
    "llama": GATED,
    "mistral": {**GATED, "sliding_window": None},
    "qwen2": GATED,
    "gpt2": GPT,
    "opt": dict(**SIZES, hidden_size=24, ffn_dim=40, word_embed_proj_dim=24, pad_token_id=0),
    **{name: ENCODER for name in ("bert", "roberta", "xlm-roberta", "electra")},
    "distilbert": dict(vocab_size=56, dim=24, n_layers=2, n_heads=4, hidden_dim=40, max_position_embeddings=32),
    "albert": {**ENCODER, "num_hidden_layers": 3, "num_hidden_groups": 2, "embedding_size": 16},
    "mpnet": ENCODER,
    "modernbert": {**ENCODER, "local_attention": 6, "pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2},
    **{name: GATED for name in ("phi", "starcoder2")},
    "gpt_neox": {**PLAIN, "intermediate_size": 40},
    "falcon": PLAIN,
    "gpt_neo": dict(
        vocab_size=56,
        hidden_size=32,
        num_layers=2,
        num_heads=4,
        max_position_embeddings=64,
        attention_types=[[["global", "local"], 1]],
        window_size=5,
        pad_token_id=0,
    ),
    "gptj": {**GPT, "rotary_dim": 4, "n_embd": 24},
    "gpt_bigcode": GPT,
    "bloom": dict(vocab_size=56, hidden_size=32, n_layer=2, n_head=4, pad_token_id=0),
    **{name: GATED for name in ("qwen3", "gemma", "gemma2", "gemma3_text", "phi3", "granite", "olmo2", "smollm3")},
    **{name: BART for name in ("bart", "mbart", "marian", "pegasus")},
    "t5": T5,
    "mt5": {**T5, "vocab_size": 60},
    "umt5": {**T5, "vocab_size": 60},
    **{name: PICTURES for name in ("vit", "deit")},
    "clip_text_model": {**CLIP_TEXT, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0},
    "clip_vision_model": PICTURES,
    "blip": dict(text_config={**CLIP_TEXT, "encoder_hidden_size": 24}, vision_config=PICTURES),
    "clip": dict(text_config=CLIP_TEXT, vision_config=PICTURES, projection_dim=12),
}
"""Field by field, a full config of each has more."""

OTHER: dict[str, object] = {
    "activation_function": "gelu",
    "feed_forward_proj": "gated-silu",
    "hidden_act": "gelu",
    "hidden_activation": "silu",
    "attention_types": [[["global"], 2]],
    "attention_layers": ["local", "local"],
    "window_size": 3,
    "rotary_dim": 2,
    "activation": "relu",
    "no_rope_layers": [0, 1],
    "hidden_size": 48,
    "d_model": 48,
    "n_embd": 48,
    "num_attention_heads": 2,
    "num_heads": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 4,
    "n_head": 2,
    "num_key_value_heads": 4,
    "head_dim": 12,
    "n_inner": 50,
    "layer_types": ["full_attention", "sliding_attention"],
    "max_window_layers": 0,
    "sliding_window": 3,
    "summary_activation": "tanh",
    "word_embed_proj_dim": 12,
    "rope_parameters": {"rope_type": "default", "rope_theta": 50.0},
    "problem_type": "regression",
    "dense_act_fn": "silu",
    "dtype": "bfloat16",
    "is_encoder_decoder": None,
    "return_dict": None,
    "initializer_range": 0.5,
    "local_attention": 3,
    "forced_eos_token_id": 2,
    "bos_token_id": 3,
    "eos_token_id": 3,
    "classifier_dropout": 0.5,
    "summary_type": "mean",
    "num_ln_in_parallel_attn": 1,
    "use_bidirectional_attention": True,
    "attn_logit_softcapping": 2.0,
    "final_logit_softcapping": 3.0,
    "intermediate_size": 48,
    "classifier_activation": "relu",
    "classifier_pooling": "mean",
    "pooler_act": "relu",
}
"""Values for fields whose other value cannot be made from the first."""

AGAIN: dict[str, object] = {
    "activation_function": "relu",
    "hidden_act": "relu",
    "layer_types": ["sliding_attention", "full_attention"],
    "bos_token_id": 4,
    "eos_token_id": 4,
    "window_size": 4,
}
"""Where those are the family's own."""

NOT_TRIED = {
    "_name_or_path", "architectures", "id2label", "label2id", "model_type", "transformers_version",  # num_labels is tried
    "is_encoder_decoder", "return_dict",  # what model_of reads
    "text_config", "vision_config",  # families of their own
}  # fmt: skip

BESIDE: dict[str, object] = {
    "is_causal": False,
    "rope_theta": 50.0,
    "rope_scaling": {"type": "linear", "factor": 2.0},
    "original_max_position_embeddings": 7,
    "partial_rotary_factor": 0.5,
    "per_layer_config": {"1": {"rms_norm_eps": 0.5, "layer_norm_epsilon": 0.5}},
    "sliding_window": 3,
    "attention_bias": True,
    "mlp_bias": True,
    "qk_layernorm": True,
    "logit_scale": 0.5,
    "final_logit_softcapping": 3.0,
    "scale_attn_by_inverse_layer_idx": True,
    "enable_bias": False,
    "tie_word_embeddings": None,
    "attn_implementation": "eager",
    "num_labels": 5,
}
"""Fields that a family's config need not have."""


def other(name: str, value: object) -> object:
    if name in OTHER:
        return OTHER[name] if OTHER[name] != value else AGAIN[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.25
    return None


def model_of(config: PreTrainedConfig, classifies: bool = False) -> PreTrainedModel:
    if classifies and config.model_type in CLASSIFY:
        config.architectures = [{"vit": "ViT", "deit": "DeiT"}[config.model_type] + "ForImageClassification"]
        return AutoModelForImageClassification.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    if config.model_type == "blip":
        return BlipForConditionalGeneration._from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    if classifies:
        return AutoModelForSequenceClassification.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    if config.model_type in ENCODERS:
        return AutoModel.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return kind.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()


def targets(config: dict, adapter: PeftConfig) -> list[str] | None:
    """The modules that PEFT adapts where a config names none; null for a family that it has no default for."""
    try:
        model = get_peft_model(model_of(AutoConfig.for_model(**copy.deepcopy(config))), adapter).base_model
    except ValueError as problem:
        assert "Please specify" in str(problem)
        return None
    return sorted(model.targeted_module_names)


def logits(config: PreTrainedConfig, classifies: bool = False) -> tuple[dict, torch.Tensor]:
    model = model_of(config, classifies)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(bases.weight(key, key, parameter))
        ids = torch.randint(3, 50, (2, 9), generator=setting.generator("fields"))
        inputs = {"decoder_input_ids": ids.flip(0)} if getattr(config, "is_encoder_decoder", False) else {}
        inputs = pictures(config) if config.model_type in VISION else {"input_ids": ids, **inputs}
        if config.model_type in ("blip", "clip"):
            inputs |= pictures(config.vision_config)
        shapes = {key: tuple(parameter.shape) for key, parameter in model.named_parameters()}
        output = model(**inputs)
        if config.model_type == "clip":
            return shapes, output.logits_per_text
        return shapes, output.last_hidden_state if config.model_type in ENCODERS and not classifies else output.logits


def pictures(config: PreTrainedConfig) -> dict[str, torch.Tensor]:
    shape = (2, getattr(config, "num_channels", 3), config.image_size, config.image_size)
    return {"pixel_values": torch.randn(shape, generator=setting.generator("fields"))}


def effect(config: dict, expected: tuple[dict, torch.Tensor], classifies: bool = False) -> str:
    try:
        shapes, actual = logits(AutoConfig.for_model(**copy.deepcopy(config)), classifies)
    except Exception:
        return "error"
    if shapes != expected[0]:
        return "parameters"
    difference = (actual - expected[1]).abs().max() / expected[1].abs().max()
    return "none" if difference < 1e-5 else "logits"  # rounding depends on memory layouts, which use_cache changes


def renamed(config: PreTrainedConfig, parameters: dict) -> dict:
    """The key in files of each parameter whose key is another in the model."""
    model = model_of(config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(bases.weight(key, key, parameter))
    values = {key: value.detach() for key, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        stored = load_file(f"{folder}/model.safetensors")
    saved = set(parameters) - set(model._keys_to_ignore_on_save or [])
    others = set(stored) - set(parameters) - {key for key, _ in model.named_buffers()}
    pairs = {
        key: next(other for other in others if stored[other].shape == values[key].shape and torch.equal(stored[other], values[key]))
        for key in sorted(saved - set(stored))
    }
    assert len(set(pairs.values())) == len(others), (pairs, others)
    before = [change for change in get_checkpoint_conversion_mapping(type(model).__name__) or [] if isinstance(change, PrefixChange)]
    prefix = {"prefix": before[0].prefix_to_remove} if before else {}
    return {**({"renamed": pairs} if pairs else {}), **prefix}


def family(name: str, sizes: dict) -> dict:
    full = AutoConfig.for_model(name, **sizes)
    config = json.loads(full.to_json_string(use_diff=False))
    expected = logits(AutoConfig.for_model(**copy.deepcopy(config)))
    changed = {field: other(field, value) for field, value in config.items() if field != "model_type"}
    changed.update({field: value for field, value in BESIDE.items() if field not in config})
    fields = {
        field: {"value": value, "effect": effect({**config, field: value}, expected)}
        for field, value in changed.items()
        if value is not None and value != config.get(field)
    }
    assert not set(config) - set(fields) - NOT_TRIED, set(config) - set(fields) - NOT_TRIED
    classifier = {}
    if name in ENCODERS and name not in CLIP:  # what their classifiers alone read
        alone = logits(AutoConfig.for_model(**copy.deepcopy(config)), classifies=True)
        classifier = {"classifier": type(model_of(full, classifies=True)).__name__}
        for field, entry in fields.items():
            if entry["effect"] == "none":
                entry["classifier"] = effect({**config, field: entry["value"]}, alone, classifies=True)
    return {
        "config": config,
        **classifier,
        **renamed(full, expected[0]),
        "fields": fields,
        "parameters": expected[0],
        "lora": targets(config, LoraConfig(fan_in_fan_out=name == "gpt2")),
        "ia3": targets(config, IA3Config(fan_in_fan_out=name == "gpt2")),
    }


if __name__ == "__main__":
    for name in sys.argv[1:] or FAMILIES:
        setting.write_json(FOLDER / f"{name}.json", family(name, FAMILIES[name]))
