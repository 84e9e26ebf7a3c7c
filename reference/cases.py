"""The adapter cases: a base, one or more adapter configs on it, and a batch. Those of LoRA are here."""

import setting  # first: sets the environment

from dataclasses import dataclass, field

from peft import LoraConfig, PeftConfig

ALL_SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Case:
    description: str
    base: str
    adapters: dict[str, PeftConfig]
    padding: str = "right"
    """Where the second and third row are padded: right, left, or none."""
    rows: int = 3
    length: int = 9
    learning_rate: float = 1e-2
    weight_decay: float = 0.0
    linear: bool = False
    """Whether GPT-2's Conv1D are replaced by Linear, see bases.load."""
    tasks: int = 0
    """How many tasks a multitask prompt has; zero for everything else, whose batch has no task_ids."""
    ranks: dict[str, list[bool]] = field(default_factory=dict)
    """The ranks of AdaLoRA that are left, by the full name of the module."""
    size: list[int] = field(default_factory=list)
    """Height and width of pictures, if they are not the model's: positions are interpolated."""

    @property
    def config(self) -> PeftConfig:
        return next(iter(self.adapters.values()))


def lora(**fields) -> LoraConfig:
    return LoraConfig(**{"task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 8, **fields})


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    return Case(description, base, {"default": config}, **fields)


def virtual_tokens(config: PeftConfig) -> int:
    """How many tokens precede those of a text; keys of a prefix are none."""
    return config.num_virtual_tokens if config.is_prompt_learning and config.peft_type != "PREFIX_TUNING" else 0


QV = ["q_proj", "v_proj"]

ALL: dict[str, Case] = {
    # Llama: which modules are adapted
    "llama_qv": one("LoRA on q_proj and v_proj", "llama", lora(target_modules=QV)),
    "llama_qv_left": one(
        "Left padding, weight decay", "llama", lora(target_modules=QV), padding="left", weight_decay=0.1
    ),
    "llama_defaults": one("target_modules null: the default of model_type llama", "llama", lora(), padding="left"),
    "llama_all_seven": one(
        "All seven projections, each with a frozen bias", "llama_biases", lora(target_modules=ALL_SEVEN)
    ),
    "llama_all_linear": one(
        '"all-linear": every linear map but lm_head', "llama", lora(target_modules="all-linear", r=2, lora_alpha=2), padding="left"
    ),
    "llama_regex": one(
        "target_modules a regular expression", "llama", lora(target_modules=r".*\.(1\.self_attn\.[qk]|0\.mlp\.up)_proj")
    ),
    "llama_exclude_modules": one(
        "exclude_modules takes one full name and one suffix out of the targets",
        "llama",
        lora(target_modules=[*QV, "o_proj"], exclude_modules=["model.layers.0.self_attn.q_proj", "o_proj"]),
    ),
    "llama_layers_to_transform": one(
        "layers_to_transform with layers_pattern: the second layer only",
        "llama",
        lora(target_modules=QV, layers_to_transform=[1], layers_pattern="layers"),
    ),
    # Llama: how they are adapted
    "llama_rslora": one(
        "use_rslora: alpha / sqrt(r)", "llama", lora(target_modules=QV, r=6, lora_alpha=5, use_rslora=True)
    ),
    "llama_rank_alpha_pattern": one(
        "rank_pattern and alpha_pattern, one by name and one by expression",
        "llama",
        lora(
            target_modules=[*QV, "down_proj"],
            rank_pattern={"model.layers.0.self_attn.q_proj": 2, "down_proj": 6},
            alpha_pattern={r"layers\.1\..*v_proj": 3, "down_proj": 12},
        ),
    ),
    "llama_lora_bias": one(
        "lora_bias: lora_B has a trainable bias", "llama_biases", lora(target_modules=[*QV, "up_proj"], lora_bias=True)
    ),
    "llama_gaussian": one(
        'init_lora_weights "gaussian"; fractional alpha / r',
        "llama",
        lora(target_modules=["o_proj", "gate_proj"], r=3, lora_alpha=4, init_lora_weights="gaussian"),
    ),
    "llama_embedding_tied": one(
        "Embedding targeted while lm_head is tied to it", "llama", lora(target_modules=["embed_tokens", "q_proj"])
    ),
    "llama_embedding_untied": one(
        "Embedding targeted, lm_head of its own", "llama_biases", lora(target_modules=["embed_tokens", "k_proj"]),
        padding="left",
    ),
    "llama_lm_head": one(
        "lm_head targeted (untied)", "llama_biases", lora(target_modules=["lm_head", "v_proj"], r=2)
    ),
    "llama_modules_to_save_head": one(
        "modules_to_save: a full copy of lm_head (untied)",
        "llama_biases",
        lora(target_modules=QV, modules_to_save=["lm_head"]),
    ),
    "llama_modules_to_save_norm": one(
        'modules_to_save "norm": matched by string suffix, hence all five norms',
        "llama",
        lora(target_modules=QV, modules_to_save=["norm"]),
    ),
    "llama_two_adapters": Case(
        "Two adapters of different rank and targets, both active",
        "llama",
        {
            "first": lora(target_modules=QV),
            "second": lora(target_modules=["q_proj", "down_proj"], r=3, lora_alpha=9),
        },
    ),
    # Llama: how the base is built and stored
    "llama_head_dim": one(
        "head_dim is not hidden_size / heads", "llama_head_dim", lora(target_modules=["q_proj", "k_proj", "o_proj"])
    ),
    "llama_rope_llama3": one("rope llama3, config in the layout of transformers 4", "llama_rope_llama3", lora(), length=14),
    "llama_rope_linear": one("rope linear, config in the layout of transformers 4", "llama_rope_linear", lora()),
    "llama_rope_dynamic": one(
        "rope dynamic: 18 tokens where max_position_embeddings is 12", "llama_rope_dynamic", lora(), length=18
    ),
    "llama_rope_dynamic_short": one(
        "rope dynamic: 9 tokens where max_position_embeddings is 12: unscaled", "llama_rope_dynamic", lora(r=1)
    ),
    "llama_rope_yarn": one(
        "rope yarn: 18 tokens where max_position_embeddings is 12", "llama_rope_yarn", lora(), length=18, padding="left"
    ),
    "llama_rope_longrope": one(
        "rope longrope: 14 tokens where the original length is 12; config in the layout of transformers 4",
        "llama_rope_longrope",
        lora(),
        length=14,
    ),
    "llama_rope_longrope_short": one(
        "rope longrope: 9 tokens where the original length is 12: the short factors", "llama_rope_longrope", lora(r=1)
    ),
    "llama_bf16": one("Base stored in BF16, computed in FP32", "llama_bf16", lora(target_modules=QV)),
    "llama_f16": one("Base stored in F16, computed in FP32", "llama_f16", lora(target_modules=QV)),
    "llama_sharded": one("Base in several files with an index", "llama_sharded", lora(target_modules=QV)),
    # Mistral and Qwen2
    "mistral_defaults": one("target_modules null: the default of model_type mistral", "mistral", lora(), padding="left"),
    "qwen2_defaults": one("target_modules null: the default of model_type qwen2", "qwen2", lora()),
    "qwen2_bias_all": one('bias "all": every bias of the base is trained and saved', "qwen2", lora(bias="all")),
    "qwen2_bias_lora_only": one(
        'bias "lora_only": the biases of the targeted modules',
        "qwen2",
        lora(target_modules=["q_proj", "k_proj", "up_proj"], bias="lora_only"),
        padding="left",
    ),
    # GPT-2
    "gpt2_c_attn": one(
        "Conv1D: fan_in_fan_out", "gpt2", lora(target_modules=["c_attn"], fan_in_fan_out=True), padding="left"
    ),
    "gpt2_defaults": one(
        "target_modules null: the default of model_type gpt2; PEFT turns fan_in_fan_out on itself", "gpt2", lora()
    ),
    "gpt2_hub": one(
        "Base with the keys of the published gpt2: no `transformer.`, masks among the tensors", "gpt2_hub", lora(r=2)
    ),
    "gpt2_c_proj": one(
        "c_proj is both the attention's and the MLP's", "gpt2", lora(target_modules=["c_proj"], fan_in_fan_out=True)
    ),
    "gpt2_bias_all": one(
        'bias "all": norms included', "gpt2", lora(target_modules=["c_attn"], bias="all", fan_in_fan_out=True)
    ),
    "gpt2_bias_lora_only": one(
        'bias "lora_only"', "gpt2", lora(target_modules=["c_attn", "mlp.c_fc"], bias="lora_only", fan_in_fan_out=True)
    ),
    "gpt2_embedding": one(
        "wte targeted while lm_head is tied to it; PEFT does not save a wte with it",
        "gpt2",
        lora(target_modules=["wte", "c_attn"], fan_in_fan_out=True),
    ),
    # OPT
    "opt_defaults": one("target_modules null: the default of model_type opt", "opt", lora(), padding="left"),
    "opt_all_linear": one(
        '"all-linear": every linear map but lm_head', "opt", lora(target_modules="all-linear", r=2, lora_alpha=2)
    ),
    "opt_bias_lora_only": one(
        'bias "lora_only"', "opt", lora(target_modules=["q_proj", "v_proj", "fc2"], bias="lora_only"), padding="none"
    ),
    "opt_350m_all_linear": one(
        "Norms after the sub-layers, project_in and project_out adapted too",
        "opt_350m",
        lora(target_modules="all-linear", r=2, lora_alpha=2),
        padding="left",
    ),
    "opt_350m_embeddings": one(
        "Embeddings narrower than the blocks: tokens, positions, a norm after a sub-layer",
        "opt_350m",
        lora(target_modules=["embed_tokens", "v_proj"], modules_to_save=["1.final_layer_norm"]),
    ),
    "opt_galactica": one(
        "No biases, GELU, a head of its own", "opt_galactica", lora(target_modules=["k_proj", "out_proj", "fc1"])
    ),
}
