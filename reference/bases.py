"""The base checkpoints: tiny, random, one for each way that a supported family is built or stored."""

import setting  # first: sets the environment

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    BartConfig,
    BlipForConditionalGeneration,
    CLIPTextModelWithProjection,
    CLIPVisionModelWithProjection,
    GPT2Config,
    LlamaConfig,
    MarianConfig,
    MBartConfig,
    MistralConfig,
    MT5Config,
    OPTConfig,
    PegasusConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    T5Config,
    UMT5Config,
)
from transformers.pytorch_utils import Conv1D

import bases_decoders
import bases_encoders
import bases_heads
import bases_odd
import bases_pictures

VOCABULARY = 56
DECODER = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=40,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    attn_implementation="eager",
)


ENCODERS = {
    "sequence": AutoModelForSequenceClassification,
    "tokens": AutoModelForTokenClassification,
    "answers": AutoModelForQuestionAnswering,
    "features": AutoModel,
    "pictures": AutoModelForImageClassification,
    "pairs": AutoModel,
    "captions": BlipForConditionalGeneration,
    "text_projected": CLIPTextModelWithProjection,
    "vision_projected": CLIPVisionModelWithProjection,
}


@dataclass(frozen=True)
class Base:
    """A checkpoint folder: the model's config and how it is stored."""

    config: PreTrainedConfig
    dtype: torch.dtype = torch.float32
    shard_size: str = "1GB"
    as_openai: bool = False
    """Keys as in the published `gpt2`: without `transformer.`, and with the causal masks that old releases kept as buffers."""
    legacy: dict = field(default_factory=dict)
    """Fields in the layout of transformers 4, which most published checkpoints have; replaces `rope_parameters`."""
    own_head: bool = False
    """Whether the file has a head of its own although the config says that it is tied."""
    adds: bool = False
    """Whether final_logits_bias is not zero."""
    own_positions: bool = False
    """Whether the file has positions of its own where others are sinusoids."""
    classifier: bool = False
    """Whether the head is `score`, for sequences, instead of `lm_head`."""
    task: str = ""
    """Of an encoder, or a decoder with another head: sequence, tokens, answers or features."""
    prefix: str = ""
    """What stands before all names of the file, as transformers 4 wrote it."""
    attention: str = "eager"
    """Falcon's eager attention adds ALiBi twice; that of PyTorch adds it once."""

    @property
    def kind(self) -> type:
        if self.task:
            return ENCODERS[self.task]
        if self.classifier:
            return AutoModelForSequenceClassification
        return AutoModelForSeq2SeqLM if self.config.is_encoder_decoder else AutoModelForCausalLM


def llama(**fields) -> LlamaConfig:
    return LlamaConfig(**{**DECODER, "tie_word_embeddings": False, **fields})


def gpt2(**fields) -> GPT2Config:
    sizes = dict(n_embd=24, n_layer=2, n_head=4, n_positions=64)
    tokens = {key: DECODER[key] for key in ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id")}
    return GPT2Config(**{**tokens, **sizes, "attn_implementation": "eager", **fields})


def opt(**fields) -> OPTConfig:
    sizes = dict(hidden_size=24, ffn_dim=40, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64)
    tokens = {key: DECODER[key] for key in ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id")}
    sizes = {**sizes, "word_embed_proj_dim": fields.get("hidden_size", sizes["hidden_size"])}
    return OPTConfig(**{**tokens, **sizes, "attn_implementation": "eager", **fields})


def t5(kind: type = T5Config, **fields) -> PreTrainedConfig:
    sizes = dict(d_model=24, d_kv=7, d_ff=40, num_heads=4, num_layers=2, num_decoder_layers=2)
    buckets = dict(relative_attention_num_buckets=6, relative_attention_max_distance=8)
    tokens = dict(vocab_size=VOCABULARY, pad_token_id=0, eos_token_id=2, decoder_start_token_id=0)
    return kind(**{**sizes, **buckets, **tokens, "attn_implementation": "eager", **fields})


def bart(kind: type = BartConfig, **fields) -> PreTrainedConfig:
    sizes = dict(d_model=24, encoder_ffn_dim=40, decoder_ffn_dim=36, encoder_layers=2, decoder_layers=2, max_position_embeddings=32)
    heads = dict(encoder_attention_heads=4, decoder_attention_heads=2)
    tokens = dict(vocab_size=VOCABULARY, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None)
    return kind(**{**sizes, **heads, **tokens, "attn_implementation": "eager", **fields})


def rope(rope_type: str, theta: float = 10_000.0, **fields) -> dict:
    return {"rope_type": rope_type, "rope_theta": theta, **fields}


ODD_BART = dict(
    vocab_size=59, d_model=21, encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=19, decoder_ffn_dim=23, encoder_layers=1, decoder_layers=1
)
LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
YARN = dict(factor=4.0, beta_fast=4.0, beta_slow=0.25, truncate=False, original_max_position_embeddings=12)
LONGROPE = dict(short_factor=[1.0, 1.1, 1.3, 1.6], long_factor=[1.5, 2.5, 4.0, 6.0], original_max_position_embeddings=12)

ALL: dict[str, Base] = {
    "llama": Base(llama(tie_word_embeddings=True)),
    "llama_biases": Base(llama(attention_bias=True, mlp_bias=True)),
    "llama_head_dim": Base(llama(hidden_size=24, head_dim=10, rms_norm_eps=1e-5)),
    "llama_rope_llama3": Base(
        llama(rope_parameters=rope("llama3", 500.0, **LLAMA3)),
        legacy={"rope_theta": 500.0, "rope_scaling": {"rope_type": "llama3", **LLAMA3}, "torch_dtype": "float32"},
    ),
    "llama_rope_linear": Base(
        llama(rope_parameters=rope("linear", factor=2.5)),
        legacy={"rope_theta": 10_000.0, "rope_scaling": {"type": "linear", "factor": 2.5}, "torch_dtype": "float32"},
    ),
    "llama_rope_dynamic": Base(llama(rope_parameters=rope("dynamic", factor=4.0), max_position_embeddings=12)),
    "llama_rope_yarn": Base(llama(rope_parameters=rope("yarn", **YARN), max_position_embeddings=12)),
    "llama_rope_longrope": Base(
        llama(rope_parameters=rope("longrope", **LONGROPE)),
        legacy={"rope_theta": 10_000.0, "rope_scaling": {"type": "longrope", **LONGROPE}, "torch_dtype": "float32"},
    ),
    "llama_bf16": Base(llama(), dtype=torch.bfloat16),
    "llama_f16": Base(llama(tie_word_embeddings=True), dtype=torch.float16),
    "llama_sharded": Base(llama(), shard_size="24KB"),
    "mistral": Base(MistralConfig(**{**DECODER, "sliding_window": None, "head_dim": 8})),
    "qwen2": Base(Qwen2Config(**{**DECODER, "tie_word_embeddings": True, "use_sliding_window": False})),
    "mistral_window": Base(MistralConfig(**{**DECODER, "sliding_window": 4, "max_position_embeddings": 4})),
    "qwen2_window": Base(Qwen2Config(**{**DECODER, "use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1})),
    "qwen2_window_types": Base(
        Qwen2Config(
            **{**DECODER, "use_sliding_window": True, "sliding_window": 5, "layer_types": ["sliding_attention", "full_attention"]}
        )
    ),
    "llama_padding": Base(llama(pad_token_id=7)),
    "opt_padding": Base(opt(pad_token_id=7)),
    "llama_own_head": Base(llama(tie_word_embeddings=True), own_head=True),
    "gpt2_own_head": Base(gpt2(), own_head=True),
    "opt_own_head": Base(opt(), own_head=True),
    "llama_gelu": Base(llama(hidden_act="gelu_pytorch_tanh")),
    "gpt2_swish": Base(gpt2(activation_function="swish")),
    "gpt2": Base(gpt2()),
    "gpt2_hub": Base(gpt2(n_embd=16, n_layer=1, n_positions=16), as_openai=True),
    "opt": Base(opt()),
    "opt_350m": Base(opt(do_layer_norm_before=False, word_embed_proj_dim=12)),
    "opt_galactica": Base(opt(enable_bias=False, activation_function="gelu", tie_word_embeddings=False)),
    "t5": Base(t5()),
    "t5_deep_decoder": Base(t5(num_layers=1, num_decoder_layers=3)),
    "t5_gated": Base(t5(feed_forward_proj="gated-gelu", tie_word_embeddings=False), own_head=True),
    "t5_bf16": Base(t5(), dtype=torch.bfloat16),
    "t5_f16": Base(t5(feed_forward_proj="gated-gelu"), dtype=torch.float16),
    "bart": Base(bart()),
    "bart_scaled": Base(bart(scale_embedding=True, activation_function="relu", decoder_layers=3)),
    "mbart": Base(bart(MBartConfig, scale_embedding=True, decoder_attention_heads=4), adds=True),
    "mbart_untied": Base(bart(MBartConfig, tie_word_embeddings=False, pad_token_id=1, encoder_layers=1, decoder_layers=1)),
    "marian": Base(bart(MarianConfig, d_model=22, encoder_attention_heads=2, decoder_start_token_id=0, activation_function="swish"), adds=True),
    "marian_two": Base(
        bart(
            MarianConfig,
            share_encoder_decoder_embeddings=False,
            decoder_vocab_size=48,
            scale_embedding=True,
            decoder_start_token_id=0,
            encoder_layers=1,
            decoder_layers=1,
        ),
        adds=True,
    ),
    "pegasus": Base(bart(PegasusConfig, scale_embedding=True, activation_function="relu", decoder_start_token_id=0)),
    "pegasus_stored": Base(
        bart(PegasusConfig, decoder_start_token_id=0, encoder_layers=1, decoder_layers=1), dtype=torch.bfloat16, adds=True, own_positions=True
    ),
    "mbart_f16": Base(bart(MBartConfig, **ODD_BART), dtype=torch.float16, adds=True),
    "marian_f16": Base(bart(MarianConfig, **ODD_BART, decoder_start_token_id=0), dtype=torch.float16, adds=True),
    "pegasus_f16": Base(bart(PegasusConfig, **ODD_BART, decoder_start_token_id=0, tie_word_embeddings=False), dtype=torch.float16),
    "mt5": Base(t5(MT5Config), own_head=True),
    "umt5": Base(t5(UMT5Config)),
    "llama_classifier": Base(llama(id2label={0: "bad", 1: "middling", 2: "good"}), classifier=True),
    "gpt2_classifier": Base(gpt2(num_labels=2), classifier=True),
    "opt_classifier": Base(opt(do_layer_norm_before=False, word_embed_proj_dim=12, num_labels=3), classifier=True),
}


ALL.update({name: Base(**fields) for name, fields in bases_decoders.ALL.items()})
ALL.update({name: Base(**fields) for name, fields in {**bases_odd.ALL, **bases_encoders.ALL, **bases_heads.ALL, **bases_pictures.ALL}.items()})


def load(name: str, linear: bool = False) -> PreTrainedModel:
    """The stored checkpoint, in FP32 with eager attention.

    With linear, each Conv1D of GPT-2 is a Linear of the same name and function, for methods that PEFT has for Linear only.
    """
    folder = setting.BASES / name
    model = ALL[name].kind.from_pretrained(folder, dtype=torch.float32, attn_implementation=ALL[name].attention)
    model.config.name_or_path = name  # what PEFT writes as base_model_name_or_path: no path of this machine
    model.name_or_path = name
    if hasattr(model, "_prepare_text_encoder_decoder_kwargs_for_generation"):  # PEFT 0.21 asks for a method by the name that it had in transformers 4
        model._prepare_encoder_decoder_kwargs_for_generation = model._prepare_text_encoder_decoder_kwargs_for_generation
    if linear:
        replace_conv1d(model)
    return model.eval()


def replace_conv1d(model: PreTrainedModel) -> None:
    for name, module in list(model.named_modules()):
        if isinstance(module, Conv1D):
            inputs, outputs = module.weight.shape
            replacement = torch.nn.Linear(inputs, outputs)
            replacement.load_state_dict({"weight": module.weight.detach().T.contiguous(), "bias": module.bias.detach()})
            model.set_submodule(name, replacement)


def write(name: str) -> None:
    base = ALL[name]
    folder = setting.BASES / name
    shutil.rmtree(folder, ignore_errors=True)
    model = (getattr(base.kind, "from_config", None) or base.kind._from_config)(base.config, attn_implementation="eager")
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.requires_grad or base.own_positions:  # sinusoids do not
                parameter.copy_(weight(f"{name}/{key}", key, parameter))
        if base.adds:
            model.final_logits_bias.copy_(setting.normal(f"{name}/final_logits_bias", model.final_logits_bias, 0.5))
    model.to(base.dtype).save_pretrained(folder, max_shard_size=base.shard_size)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if base.own_head:
        path = folder / "model.safetensors"
        head = weight(f"{name}/lm_head.weight", "lm_head.weight", model.get_output_embeddings().weight)
        setting.write_tensors(path, {**load_file(path), "lm_head.weight": head})
    if base.prefix:
        path = folder / "model.safetensors"
        setting.write_tensors(path, {base.prefix + key: value for key, value in load_file(path).items()})
    if base.as_openai:
        write_as_openai(folder / "model.safetensors", base.config)
    if base.legacy:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        for key in ("rope_parameters", "dtype"):
            config.pop(key)
        setting.write_json(path, dict(sorted({**config, **base.legacy}.items())))


def write_as_openai(path: Path, config: GPT2Config) -> None:
    tensors = {key.removeprefix("transformer."): value for key, value in load_file(path).items()}
    positions = config.n_positions
    mask = torch.ones(positions, positions).tril().view(1, 1, positions, positions)
    tensors.update({f"h.{layer}.attn.bias": mask for layer in range(config.n_layer)})
    setting.write_tensors(path, tensors)


def weight(seed: str, key: str, parameter: torch.Tensor) -> torch.Tensor:
    """Larger than a fresh model's weights, so that attention is far from uniform and no gradient is tiny."""
    if parameter.dim() == 1:
        centre = 0.0 if key.endswith("bias") else 1.0  # norm weights lie around one
        return centre + setting.normal(seed, parameter, 0.2)
    if key.endswith(("Attention.q.weight", "Attention.k.weight")):  # T5 does not divide scores by the root of the width
        return setting.normal(seed, parameter, 0.1)
    return setting.normal(seed, parameter, 0.6 if any(part in key for part in ("embed", "wte", "wpe", "shared", "bias")) else 0.25)
