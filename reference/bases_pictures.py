"""The base checkpoints of models that read pictures: tiny, random, of odd sizes."""

import setting  # first: sets the environment

import torch
from transformers import DeiTConfig, PreTrainedConfig, ViTConfig

LABELS = {"id2label": {0: "cat", 1: "dog", 2: "tree"}}


def vit(kind: type = ViTConfig, **fields) -> PreTrainedConfig:
    sizes = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=20, patch_size=5)
    return kind(**{**sizes, "attn_implementation": "eager", **fields})


ODD = dict(hidden_size=21, intermediate_size=37, num_channels=1, qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-5)

ALL: dict[str, dict] = {
    "vit": dict(config=vit(**LABELS), task="pictures"),
    # 4 × 4 patches; two columns and one row of pixels are left over
    "vit_odd": dict(config=vit(**ODD, image_size=[17, 22], patch_size=[4, 5], num_labels=1), task="pictures", dtype=torch.bfloat16),
    "vit_several": dict(config=vit(num_labels=3, problem_type="multi_label_classification", num_hidden_layers=1), task="pictures", dtype=torch.float16),
    "vit_features": dict(config=vit(pooler_output_size=15, pooler_act="relu"), task="features"),
    "deit": dict(config=vit(DeiTConfig, **LABELS, architectures=["DeiTForImageClassification"]), task="pictures"),
    "deit_features": dict(config=vit(DeiTConfig, num_hidden_layers=1), task="features"),
}
