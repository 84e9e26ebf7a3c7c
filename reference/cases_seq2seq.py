"""Cases of encoder-decoders."""

import setting  # first: sets the environment

from peft import IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig

from cases import Case, one

TASK = {"task_type": "SEQ_2_SEQ_LM"}


def lora(**fields) -> LoraConfig:
    return LoraConfig(**{**TASK, "r": 4, "lora_alpha": 8, **fields})


def ia3() -> IA3Config:
    return IA3Config(**TASK, target_modules=["k_proj", "v_proj", "fc2"], feedforward_modules=["fc2"])


def prefix(tokens: int) -> PrefixTuningConfig:
    return PrefixTuningConfig(**TASK, num_virtual_tokens=tokens)


def prompt(tokens: int, **fields) -> PromptTuningConfig:
    return PromptTuningConfig(**TASK, num_virtual_tokens=tokens, **fields)


def encoded(tokens: int, kind: str, hidden: int, **fields) -> PromptEncoderConfig:
    return PromptEncoderConfig(
        **TASK,
        num_virtual_tokens=tokens,
        encoder_reparameterization_type=kind,
        encoder_hidden_size=hidden,
        **fields,
    )


ALL: dict[str, Case] = {
    "seq2seq/t5": one("target_modules null: the default of model_type t5", "t5", lora()),
    "seq2seq/t5_all_linear": one("Every linear map but lm_head", "t5", lora(target_modules="all-linear", r=2), padding="left"),
    "seq2seq/t5_encoder": one("Nothing trains in the decoder", "t5", lora(target_modules=r"encoder\..*\.(q|wi)"), padding="left"),
    "seq2seq/t5_decoder": one("Nothing trains in the encoder", "t5", lora(target_modules=r"decoder\..*\.(k|wo)"), padding="none"),
    "seq2seq/t5_cross": one(
        "Cross-attention alone, in a decoder deeper than the encoder",
        "t5_deep_decoder",
        lora(target_modules=r".*EncDecAttention\.(q|k|v|o)"),
        weight_decay=0.1,
    ),
    "seq2seq/t5_tables": one(
        "Embeddings of each stack, which share a table with each other and the head; and the tables of positions",
        "t5",
        lora(target_modules=["embed_tokens", "relative_attention_bias"]),
        padding="left",
    ),
    "seq2seq/t5_dora": one("DoRA", "t5", lora(target_modules=["q", "v", "wo"], use_dora=True)),
    "seq2seq/t5_gated": one(
        "Gates, a head of its own, which is saved", "t5_gated", lora(target_modules=["wi_0", "wi_1", "v"], modules_to_save=["lm_head"])
    ),
    "seq2seq/t5_bf16": one("Base stored in BF16, computed in FP32", "t5_bf16", lora()),
    "seq2seq/t5_f16": one("Base stored in F16, computed in FP32", "t5_f16", lora(target_modules="all-linear"), padding="none"),
    "seq2seq/mt5": one("The default of model_type mt5, a head of its own", "mt5", lora(), padding="left"),
    "seq2seq/umt5": one("A table of positions in every block", "umt5", lora(target_modules="all-linear", r=2), padding="left"),
    "seq2seq/umt5_tables": one("Those tables", "umt5", lora(target_modules=["relative_attention_bias", "q"])),
    "seq2seq/bart": one("target_modules null: the default of model_type bart", "bart", lora(), padding="left"),
    "seq2seq/bart_all_linear": one("Every linear map but lm_head", "bart_scaled", lora(target_modules="all-linear", r=2)),
    "seq2seq/bart_cross": one(
        "Cross-attention alone, its biases too", "bart", lora(target_modules=r".*encoder_attn\.(q_proj|v_proj)", bias="lora_only")
    ),
    "seq2seq/bart_embeddings": one(
        "Tables of tokens; positions and norms as copies",
        "bart_scaled",
        lora(target_modules=["embed_tokens"], modules_to_save=["embed_positions", "layernorm_embedding", "encoder_attn_layer_norm"]),
    ),
    "seq2seq/bart_dora": one("DoRA", "bart", lora(target_modules=["q_proj", "fc2"], use_dora=True), padding="none"),
    "seq2seq/bart_ia3": one("Keys, values and the input of fc2", "bart", IA3Config(**TASK), padding="left"),
    "seq2seq/bart_prompt": one("Three virtual tokens before the encoder's", "bart_scaled", prompt(3)),
    "seq2seq/bart_prompt_left": one("Positions count from the first token on", "bart", prompt(2), padding="left"),
    "seq2seq/mbart": one("Norms before the sub-layers, numbers added to the logits", "mbart", lora(target_modules=["q_proj", "v_proj"])),
    "seq2seq/mbart_all_linear": one("Every linear map but lm_head", "mbart", lora(target_modules="all-linear", r=2), padding="right"),
    "seq2seq/mbart_ia3": one("Keys, values and the input of fc2", "mbart", ia3()),
    "seq2seq/mbart_prompt": one("Virtual tokens are not scaled", "mbart", prompt(2), padding="none"),
    "seq2seq/mbart_prefix": one("Keys and values before those of every attention", "mbart", prefix(2), padding="none"),
    "seq2seq/mbart_prefix_left": one("A prefix, left padding", "mbart", prefix(3), padding="left"),
    "seq2seq/mbart_untied": one(
        "Tables of tokens for each stack and the head", "mbart_untied", lora(target_modules=["k_proj", "out_proj", "lm_head"], r=2)
    ),
    "seq2seq/marian": one("Sinusoids of an odd half width, which the file leaves out", "marian", lora(target_modules=["q_proj", "v_proj"]), padding="left"),
    "seq2seq/marian_all_linear": one("Every linear map but lm_head", "marian_two", lora(target_modules="all-linear", r=2), padding="left"),
    "seq2seq/marian_ia3": one("Keys, values and the input of fc2", "marian", ia3(), padding="left"),
    "seq2seq/marian_prompt": one("Virtual tokens", "marian", prompt(2)),
    "seq2seq/marian_two": one(
        "A vocabulary for each side, the head is the decoder's table", "marian_two", lora(target_modules=["embed_tokens", "v_proj", "fc1"], r=2)
    ),
    "seq2seq/pegasus": one("Norms before, sinusoids in the file", "pegasus", lora(target_modules=["q_proj", "v_proj"])),
    "seq2seq/pegasus_all_linear": one("Every linear map but lm_head", "pegasus", lora(target_modules="all-linear", r=1), padding="none"),
    "seq2seq/pegasus_ia3": one("Keys, values and the input of fc2", "pegasus", ia3(), padding="left"),
    "seq2seq/pegasus_stored": one("Positions of the file's own, stored in BF16", "pegasus_stored", lora(target_modules=["k_proj", "fc2"], r=2)),
    "seq2seq/pegasus_prompt": one("Virtual tokens", "pegasus_stored", prompt(2), padding="left"),
    "seq2seq/mbart_f16": one("A file in F16, with numbers added to the logits", "mbart_f16", lora(target_modules=["q_proj", "v_proj"], r=2), padding="left"),
    "seq2seq/marian_f16": one("A file in F16", "marian_f16", lora(target_modules="all-linear", r=1)),
    "seq2seq/pegasus_f16": one("A file in F16, tables for each stack and the head", "pegasus_f16", lora(target_modules=["k_proj", "fc1"], r=2), padding="none"),
    "seq2seq/t5_ia3": one("Keys, values and the input of wo: the default of model_type t5", "t5", IA3Config(**TASK)),
    "seq2seq/t5_norms": one("The default of norms", "t5", LNTuningConfig(**TASK, target_modules=["layer_norm"]), padding="left"),
    "seq2seq/t5_prompt": one("Three virtual tokens before the encoder's", "t5", prompt(3), padding="left"),
    "seq2seq/t5_prompt_one": one(
        "num_transformer_submodules 1: no unused rows", "t5_gated", prompt(2, num_transformer_submodules=1), padding="none"
    ),
    "seq2seq/mt5_p_tuning_mlp": one("A multi-layer perceptron as encoder", "mt5", encoded(2, "MLP", 12)),
    "seq2seq/t5_p_tuning_lstm": one("A bidirectional LSTM reads the unused rows too", "t5", encoded(2, "LSTM", 5, encoder_num_layers=1), padding="left"),
}
