"""The base checkpoints of models that read pictures: tiny, random, of odd sizes."""

import setting  # first: sets the environment

import torch
from transformers import BlipConfig, CLIPConfig, CLIPTextConfig, CLIPVisionConfig, DeiTConfig, PreTrainedConfig, ViTConfig

LABELS = {"id2label": {0: "cat", 1: "dog", 2: "tree"}}


def vit(kind: type = ViTConfig, **fields) -> PreTrainedConfig:
    sizes = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=20, patch_size=5)
    return kind(**{**sizes, "attn_implementation": "eager", **fields})


TEXT = dict(vocab_size=56, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=16)
TOKENS = dict(bos_token_id=54, eos_token_id=55, pad_token_id=1)
VISION = dict(hidden_size=21, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, image_size=20, patch_size=5)


def clip_text(**fields) -> CLIPTextConfig:
    return CLIPTextConfig(**{**TEXT, **TOKENS, "attn_implementation": "eager", **fields})


def clip_vision(**fields) -> CLIPVisionConfig:
    return CLIPVisionConfig(**{**VISION, "attn_implementation": "eager", **fields})


def clip(text: dict = {}, vision: dict = {}, **fields) -> CLIPConfig:
    return CLIPConfig(text_config={**TEXT, **TOKENS, **text}, vision_config={**VISION, **vision}, **{"projection_dim": 18, "attn_implementation": "eager", **fields})


def blip(text: dict = {}, vision: dict = {}) -> BlipConfig:
    decoder = dict(vocab_size=56, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=24)
    tokens = dict(bos_token_id=54, eos_token_id=2, sep_token_id=3, pad_token_id=0, label_smoothing=0.1)
    return BlipConfig(
        text_config={**decoder, **tokens, "encoder_hidden_size": 21, **text}, vision_config={**VISION, **vision}, attn_implementation="eager"
    )


ODD = dict(hidden_size=21, intermediate_size=37, num_channels=1, qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-5)

ALL: dict[str, dict] = {
    "vit": dict(config=vit(**LABELS), task="pictures"),
    # 4 × 4 patches; two columns and one row of pixels are left over
    "vit_odd": dict(config=vit(**ODD, image_size=[17, 22], patch_size=[4, 5], num_labels=1), task="pictures", dtype=torch.bfloat16),
    "vit_several": dict(config=vit(num_labels=3, problem_type="multi_label_classification", num_hidden_layers=1), task="pictures", dtype=torch.float16),
    "vit_features": dict(config=vit(pooler_output_size=15, pooler_act="relu"), task="features"),
    "deit": dict(config=vit(DeiTConfig, **LABELS, architectures=["DeiTForImageClassification"]), task="pictures"),
    "clip": dict(config=clip(), task="pairs"),
    "clip_f16": dict(config=clip(dict(eos_token_id=2, hidden_act="gelu"), dict(num_channels=1, hidden_act="gelu", image_size=17)), task="pairs", dtype=torch.float16),
    "clip_text": dict(config=clip_text(), task="features"),
    # As in Stable Diffusion 2; and the prefix of files that transformers 4 wrote
    "clip_text_former": dict(config=clip_text(eos_token_id=2, hidden_act="gelu", num_hidden_layers=1), task="features", dtype=torch.bfloat16, prefix="text_model."),
    "clip_text_projected": dict(config=clip_text(projection_dim=10, architectures=["CLIPTextModelWithProjection"]), task="text_projected"),
    "clip_vision": dict(config=clip_vision(), task="features"),
    "clip_vision_former": dict(config=clip_vision(num_hidden_layers=1), task="features", prefix="vision_model."),
    "clip_vision_projected": dict(config=clip_vision(projection_dim=10, architectures=["CLIPVisionModelWithProjection"]), task="vision_projected"),
    "blip": dict(config=blip(), task="captions"),
    "blip_f16": dict(config=blip(dict(num_hidden_layers=1, label_smoothing=0.0, hidden_act="gelu_new"), dict(num_hidden_layers=1)), task="captions", dtype=torch.float16),
    "deit_features": dict(config=vit(DeiTConfig, num_hidden_layers=1), task="features"),
}
