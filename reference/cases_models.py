"""Cases of models: windows of attention, a head of its own under a config that says tied, functions between linear maps, and a padding token that is also a token of the text."""

import setting  # first: sets the environment

from cases import QV, Case, lora, one
from cases_low_rank import dora
from cases_scaling import tokens

ALL: dict[str, Case] = {
    "models/mistral_window": one("A window of 4 and 9 tokens", "mistral_window", lora(target_modules=QV), padding="left"),
    "models/qwen2_window": one("The second block has a window of 3", "qwen2_window", lora(target_modules=QV)),
    "models/qwen2_window_types": one("layer_types: the first block has a window of 5", "qwen2_window_types", lora(target_modules=QV)),
    "models/llama_own_head": one(
        "The config says tied, the file has a head of its own: it counts", "llama_own_head", lora(target_modules=QV)
    ),
    "models/gpt2_own_head": one(
        "The same without the flag, whose default is true", "gpt2_own_head", lora(target_modules=["c_attn"], fan_in_fan_out=True)
    ),
    "models/opt_own_head": one("The same for OPT", "opt_own_head", lora(target_modules=QV), padding="left"),
    "models/llama_gelu": one("Gates of another function", "llama_gelu", lora(target_modules=["up_proj", "gate_proj"])),
    "models/gpt2_swish": one(
        "A function by its second name", "gpt2_swish", lora(target_modules=["c_fc", "c_attn"], fan_in_fan_out=True)
    ),
    "models/padding_lora": one(
        "No gradient at the padding token's column of A", "llama_padding", lora(target_modules=["embed_tokens", "v_proj"]), padding="none"
    ),
    "models/padding_dora": one("The same with DoRA", "llama_padding", dora(target_modules=["embed_tokens", "v_proj"]), padding="none"),
    "models/padding_saved": one(
        "No gradient at the padding token's row of the copy",
        "llama_padding",
        lora(target_modules=QV, modules_to_save=["embed_tokens"]),
        padding="none",
    ),
    "models/padding_tokens": one("No gradient at the padding token's trained row", "llama_padding", tokens(7, 5, 46), padding="none"),
    "models/padding_tied": one("OPT: none from the input, but one from the tied head", "opt_padding", tokens(7, 5), padding="none"),
    "models/tied_saved": one(
        "ensure_weight_tying: the head follows the embedding's saved copy, weight decay",
        "llama",
        lora(target_modules=QV, modules_to_save=["embed_tokens"], ensure_weight_tying=True),
        weight_decay=0.1,
    ),
    "models/tied_saved_head": one(
        "ensure_weight_tying with the head's name: the copy is the embedding's",
        "qwen2",
        lora(target_modules=QV, modules_to_save=["lm_head"], ensure_weight_tying=True),
        padding="left",
    ),
    "models/tied_saved_padding": one(
        "ensure_weight_tying: no gradient of the padding token's row from the input, one from the head",
        "opt_padding",
        lora(target_modules=QV, modules_to_save=["embed_tokens"], ensure_weight_tying=True),
        padding="none",
    ),
    "models/tied_lora": one(
        "ensure_weight_tying: LoRA on the embedding acts at the head too",
        "llama",
        lora(target_modules=["embed_tokens", "q_proj"], ensure_weight_tying=True),
    ),
    "models/tied_lora_head": one(
        "ensure_weight_tying: targets name the head only; rsLoRA, OPT with a narrow embedding",
        "opt_350m",
        lora(target_modules=["lm_head", "v_proj"], r=3, use_rslora=True, ensure_weight_tying=True),
        padding="left",
    ),
    "models/tied_tokens": one(
        "ensure_weight_tying: the same rows of both",
        "llama",
        lora(target_modules=QV, trainable_token_indices={"embed_tokens": [5, 46], "lm_head": [5, 46]}, ensure_weight_tying=True),
    ),
    "models/padding_opt": one("OPT", "opt_padding", lora(target_modules=["embed_tokens", "v_proj"]), padding="none"),
    "models/tokens_head": one(
        "Rows of the head alone", "llama_biases", lora(target_modules=QV, trainable_token_indices={"lm_head": [5, 46, 9]})
    ),
    "models/tokens_both": one(
        "Rows of the embedding and others of the head",
        "llama_biases",
        lora(target_modules=QV, trainable_token_indices={"embed_tokens": [8, 45], "lm_head": [9, 8, 7]}),
        padding="left",
    ),
    "models/tokens_both_tied": one(
        "The same rows of both, tied: one set",
        "llama",
        lora(target_modules=QV, trainable_token_indices={"embed_tokens": [5, 46], "lm_head": [5, 46]}),
        padding="none",
    ),
    "models/tokens_apart": one(
        "Tied, but other rows of the head",
        "llama",
        lora(target_modules=QV, trainable_token_indices={"embed_tokens": [5, 46], "lm_head": [9, 7]}),
    ),
    "models/tokens_dora": one(
        "DoRA beside trained rows", "llama_biases", dora(target_modules=QV, trainable_token_indices=[5, 46, 9]), padding="none"
    ),
    "models/tokens_dora_tied": one("The same, tied", "llama", dora(target_modules=QV, trainable_token_indices=[5, 46]), padding="left"),
}
