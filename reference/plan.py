"""Writes what plans are compared with: configs, and what transformers and PEFT make of them.

No weight is made: models are on the meta device. Usage: python reference/plan.py
"""

import setting  # first: sets the environment

import torch
from peft import (
    LoraConfig,
    MultitaskPromptTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    get_peft_model,
)
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    GPT2Config,
    LlamaConfig,
    MT5Config,
    OPTConfig,
    PreTrainedConfig,
    Qwen2Config,
    T5Config,
    T5ForConditionalGeneration,
)

FOLDER = setting.GOLDEN.parent / "plan"

# Sizes that differ from each other, so that a mixed-up shape shows.
T5_SIZES = dict(vocab_size=56, d_model=32, d_kv=6, d_ff=40, num_layers=3, num_decoder_layers=2, num_heads=4, relative_attention_num_buckets=8)

CASES: dict[str, tuple[PreTrainedConfig, dict]] = {
    "t5": (T5Config(**T5_SIZES), dict(r=4, target_modules=["q", "v"])),
    "t5_gated": (T5Config(**T5_SIZES, feed_forward_proj="gated-gelu"), dict(r=4, target_modules="all-linear")),
    "mt5": (MT5Config(**T5_SIZES), dict(r=4, target_modules=["k", "wi_0", "relative_attention_bias"], modules_to_save=["final_layer_norm"])),
    "gpt2_classifier": (
        GPT2Config(architectures=["GPT2ForSequenceClassification"], num_labels=5),
        dict(r=8, task_type="SEQ_CLS", target_modules=["c_attn"], fan_in_fan_out=True),
    ),
    "qwen2_classifier": (
        Qwen2Config(architectures=["Qwen2ForSequenceClassification"], tie_word_embeddings=True),
        dict(r=4, task_type="SEQ_CLS", target_modules="all-linear"),
    ),
    "opt_350m": (
        OPTConfig(hidden_size=1024, ffn_dim=4096, num_hidden_layers=24, num_attention_heads=16, word_embed_proj_dim=512, do_layer_norm_before=False),
        dict(r=8, target_modules="all-linear"),
    ),
    "opt_classifier": (
        OPTConfig(architectures=["OPTForSequenceClassification"], num_labels=3),
        dict(r=4, task_type="SEQ_CLS", target_modules=["k_proj", "fc1"]),
    ),
    "gpt2": (GPT2Config(), dict(r=8, target_modules=["c_attn"], fan_in_fan_out=True)),
    "tinyllama": (
        LlamaConfig(
            vocab_size=32000,
            hidden_size=2048,
            intermediate_size=5632,
            num_hidden_layers=22,
            num_attention_heads=32,
            num_key_value_heads=4,
            max_position_embeddings=2048,
            tie_word_embeddings=False,
        ),
        dict(r=16, target_modules="all-linear"),
    ),
}


def write(name: str, config: PreTrainedConfig, lora: dict) -> None:
    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    if lora.get("task_type") == "SEQ_CLS":
        kind = AutoModelForSequenceClassification
    with torch.device("meta"):
        model = kind.from_config(config)
        # A tied tensor is there under its first name only.
        parameters = {key: list(value.shape) for key, value in model.named_parameters()}
        adapted = get_peft_model(model, LoraConfig(**lora))
    trainable, total = adapted.get_nb_trainable_parameters()
    config.to_json_file(FOLDER / name / "config.json", use_diff=False)
    setting.write_json(FOLDER / name / "expected.json", dict(parameters=parameters, lora=lora, trainable=trainable, all=total))


def write_prompts(name: str, config: PreTrainedConfig) -> None:
    """Counts of prompts before the encoder. PEFT looks for a method that transformers 5 has no more, and calls it in generation."""
    T5ForConditionalGeneration._prepare_encoder_decoder_kwargs_for_generation = None
    common = dict(num_virtual_tokens=5, task_type="SEQ_2_SEQ_LM")
    prompts = {
        "PROMPT_TUNING": PromptTuningConfig(**common),
        "P_TUNING": PromptEncoderConfig(**common, encoder_hidden_size=24),
        "MULTITASK_PROMPT_TUNING": MultitaskPromptTuningConfig(**common, num_tasks=3, num_transformer_submodules=1),
    }
    counts = {}
    for method, prompt in prompts.items():
        adapted = get_peft_model(AutoModelForSeq2SeqLM.from_config(config), prompt)
        trainable, total = adapted.get_nb_trainable_parameters()
        counts[method] = dict(trainable=trainable, all=total)
    setting.write_json(FOLDER / name / "prompts.json", counts)


write_prompts("t5", CASES["t5"][0])
for name, (config, lora) in CASES.items():
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    write(name, config, lora)
