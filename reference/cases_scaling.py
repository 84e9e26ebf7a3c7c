"""Cases of the methods that scale or replace what the base has: (IA)3, layer norms, rows of the embedding."""

import setting  # first: sets the environment

from peft import IA3Config, LNTuningConfig, TrainableTokensConfig

from cases import QV, Case, lora, one


def ia3(**fields) -> IA3Config:
    return IA3Config(task_type="CAUSAL_LM", **fields)


def norms(**fields) -> LNTuningConfig:
    return LNTuningConfig(task_type="CAUSAL_LM", **fields)


def tokens(*indices: int, **fields) -> TrainableTokensConfig:
    return TrainableTokensConfig(task_type="CAUSAL_LM", token_indices=list(indices), **fields)


ALL: dict[str, Case] = {
    "ia3/llama_defaults": one("Keys, values and the input of down_proj: the defaults of model_type llama", "llama", ia3()),
    "ia3/llama_feedforward": one(
        "Outputs, bias included, of q_proj and up_proj; inputs of o_proj and down_proj",
        "llama_biases",
        ia3(
            target_modules=["q_proj", "up_proj", "o_proj", "down_proj"],
            feedforward_modules=["o_proj", "down_proj"],
        ),
        padding="none",
    ),
    "ia3/llama_regex": one(
        "Both fields regular expressions; a full copy of lm_head",
        "llama_biases",
        ia3(
            target_modules=r".*\.(0\.self_attn\.v_proj|1\.mlp\.(gate|down)_proj)",
            feedforward_modules=r".*\.mlp\.down_proj",
            modules_to_save=["lm_head"],
        ),
        padding="left",
    ),
    "ia3/gpt2_defaults": one("Conv1D: the defaults of model_type gpt2", "gpt2", ia3(fan_in_fan_out=True), padding="left"),
    "ia3/gpt2_feedforward": one(
        "Conv1D: the input of the attention's c_proj, the output of c_fc and of the MLP's c_proj",
        "gpt2",
        ia3(
            target_modules=["attn.c_proj", "mlp.c_proj", "c_fc"],
            feedforward_modules=["attn.c_proj"],
            fan_in_fan_out=True,
        ),
        padding="none",
    ),
    "ia3/opt_defaults": one("Keys, values and the input of fc2: the defaults of model_type opt", "opt", ia3(), padding="left"),
    "ia3/opt_350m_defaults": one("The same with norms after the sub-layers", "opt_350m", ia3()),
    "ia3/opt_350m_projections": one(
        "The input of project_in, the output of project_out, both of another width than the blocks",
        "opt_350m",
        ia3(target_modules=["project_in", "project_out", "fc1"], feedforward_modules=["project_in"]),
        padding="none",
    ),
    "ln_tuning/llama_defaults": one("All five norms: the default of model_type llama", "llama", norms()),
    "ln_tuning/llama_some": one(
        "The final norm and the one before each MLP",
        "llama_biases",
        norms(target_modules=["norm", "post_attention_layernorm"]),
        padding="none",
        weight_decay=0.1,
    ),
    "ln_tuning/gpt2_defaults": one("All five norms, weight and bias: the default of gpt2", "gpt2", norms(), padding="left"),
    "ln_tuning/gpt2_some": one("Two of five", "gpt2", norms(target_modules=["ln_f", "0.ln_1"]), padding="none"),
    "ln_tuning/opt_350m": one(
        "Norms after the sub-layers",
        "opt_350m",
        norms(target_modules=["self_attn_layer_norm", "final_layer_norm"]),
        padding="none",
    ),
    "trainable_tokens/opt": one("Rows of a table that is narrower than the blocks, tied", "opt_350m", tokens(5, 46, 9)),
    "trainable_tokens/llama_tied": one(
        "Three rows of the embedding, and so of the head that is tied to it", "llama", tokens(5, 46, 9)
    ),
    "trainable_tokens/llama_untied": one(
        "Two rows of the embedding; the head has its own", "llama_biases", tokens(5, 45), padding="none"
    ),
    "trainable_tokens/gpt2": one("Rows of wte, tied", "gpt2", tokens(9, 31, 1, target_modules=["wte"]), padding="left"),
    "trainable_tokens/gpt2_one": one("One row of wte", "gpt2", tokens(17, target_modules=["wte"]), padding="none"),
    "trainable_tokens/llama_lora": one(
        "LoRA's field trainable_token_indices as a list",
        "llama_biases",
        lora(target_modules=QV, trainable_token_indices=[48, 4]),
        padding="left",
    ),
    "trainable_tokens/llama_lora_tied": one(
        "LoRA's field trainable_token_indices, tied", "llama", lora(target_modules=QV, trainable_token_indices=[50, 6, 7])
    ),
    "trainable_tokens/gpt2_lora": one(
        "LoRA's field trainable_token_indices by module",
        "gpt2",
        lora(target_modules=["c_attn"], trainable_token_indices={"wte": [6, 41]}, fan_in_fan_out=True),
        padding="none",
    ),
}
