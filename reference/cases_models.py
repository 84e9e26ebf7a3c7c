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
