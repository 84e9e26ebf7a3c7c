"""Cases of models that read pictures. PEFT has no task for them: a head trains where modules_to_save names it."""

import setting  # first: sets the environment

from peft import IA3Config, LNTuningConfig, LoraConfig, PeftConfig

import cases
from cases import Case

QV = ["q_proj", "v_proj"]


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    """The loss must not become so small in five steps that its relative error is large."""
    return cases.one(description, base, config, **{"learning_rate": 3e-3, **fields})


def lora(**fields) -> LoraConfig:
    return LoraConfig(**{"r": 4, "lora_alpha": 8, "target_modules": QV, "modules_to_save": ["classifier"], **fields})


ALL: dict[str, Case] = {
    f"pictures/{name}": case
    for name, case in {
        "vit_lora": one("LoRA on queries and values; the classifier trains too", "vit", lora()),
        "vit_one": one("A single picture", "vit", lora(r=2), rows=1),
        "vit_linear": one("all-linear, the classifier too, which trains by its adapter alone", "vit", lora(target_modules="all-linear", r=2, modules_to_save=None)),
        "vit_dora": one("DoRA on values and the feed-forward part", "vit", lora(target_modules=["v_proj", "fc1"], r=2, use_dora=True)),
        "vit_ia3": one(
            "(IA)3",
            "vit",
            IA3Config(target_modules=["k_proj", "v_proj", "fc2"], feedforward_modules=["fc2"], modules_to_save=["classifier"]),
        ),
        "vit_biases": one("All biases train, that of the patches too", "vit_odd", lora(bias="all", target_modules=["o_proj"], modules_to_save=None)),
        "vit_norms": one("Copies of the norms", "vit", LNTuningConfig(target_modules=["layernorm_before", "layernorm"])),
        "vit_patches": one("LoRA on the map of patches, a convolution", "vit", lora(target_modules=["projection", "q_proj"], r=3)),
        "vit_projection": one("A copy of the map of patches", "vit", lora(modules_to_save=["projection", "classifier"])),
        "vit_larger": one("Pictures of another size: interpolated positions", "vit", lora(), size=[33, 26]),
        "vit_odd": one("Oblong pictures of one channel, a number; BF16", "vit_odd", lora()),
        "vit_several": one("Several labels at once; F16", "vit_several", lora(target_modules=["key", "fc2", "k_proj"])),
        "deit_lora": one("A token of distillation", "deit", lora(target_modules=["query", "q_proj", "v_proj", "fc1"])),
        "clip_lora": one("LoRA in both towers", "clip", lora(modules_to_save=None)),
        "clip_linear": one("all-linear, the projections too", "clip", lora(target_modules="all-linear", r=2, modules_to_save=None), rows=4),
        "clip_text_tower": one(
            "DoRA in the text tower alone", "clip", lora(target_modules=r"text_model\..*\.(k_proj|fc2)", r=2, use_dora=True, modules_to_save=None), rows=2
        ),
        "clip_vision_tower": one(
            "Patches, positions and a copy of a projection; the text tower is frozen",
            "clip",
            lora(target_modules=["vision_model.embeddings.position_embedding", "patch_embedding", "vision_model.encoder.layers.1.self_attn.v_proj"], modules_to_save=["visual_projection"]),
        ),
        "clip_ia3": one("(IA)3", "clip", IA3Config(target_modules=["k_proj", "v_proj", "fc2"], feedforward_modules=["fc2"])),
        "clip_tokens": one("Tokens of the text tower", "clip", lora(target_modules=["token_embedding"], r=3, modules_to_save=["post_layernorm"])),
        "clip_f16": one("The largest id ends a text; one channel, other sizes; F16", "clip_f16", lora(modules_to_save=None, target_modules=["out_proj"]), size=[23, 31]),
        "blip_decoder": one(
            "LoRA in the text decoder, as a regular expression takes it", "blip", lora(target_modules=r"text_decoder\..*\.(query|value)", modules_to_save=None)
        ),
        "blip_linear": one(
            "All linear maps but the tied head",
            "blip",
            lora(target_modules=["query", "key", "value", "dense", "qkv", "projection", "fc1", "fc2"], r=2, lora_alpha=3, modules_to_save=None),
            rows=2,
        ),
        "blip_encoder": one("The encoder alone", "blip", lora(target_modules=["qkv", "patch_embedding"], r=3, modules_to_save=["post_layernorm"])),
        "blip_dora": one("DoRA on both", "blip", lora(target_modules=["projection", "crossattention.self.key"], r=2, use_dora=True, modules_to_save=None), rows=1),
        "blip_ia3": one("(IA)3", "blip", IA3Config(target_modules=["key", "value", "fc2"], feedforward_modules=["fc2"])),
        "blip_f16": one("Other sizes, no smoothing; F16", "blip_f16", lora(target_modules=["query", "fc1", "transform.dense"], modules_to_save=None), size=[26, 35]),
        "deit_larger": one("Interpolated behind two tokens", "deit", lora(r=2), size=[25, 40], rows=2),
    }.items()
}
