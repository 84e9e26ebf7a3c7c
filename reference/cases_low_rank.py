"""Cases of the methods that change a weight by something of few numbers: DoRA, LoHa, LoKr, VeRA, AdaLoRA; and LoRA that starts elsewhere."""

import setting  # first: sets the environment

from peft import AdaLoraConfig, LoHaConfig, LoKrConfig, LoraConfig, VeraConfig

from cases import QV, Case, lora, one

CONV1D = "PEFT has the method for Linear only: here each Conv1D is a Linear"


def dora(**fields) -> LoraConfig:
    return lora(**{"use_dora": True, **fields})


def loha(**fields) -> LoHaConfig:
    return LoHaConfig(**{"task_type": "CAUSAL_LM", "r": 3, "alpha": 6, **fields})


def lokr(**fields) -> LoKrConfig:
    return LoKrConfig(**{"task_type": "CAUSAL_LM", "r": 8, "alpha": 8, **fields})


def vera(**fields) -> VeraConfig:
    return VeraConfig(**{"task_type": "CAUSAL_LM", "r": 6, **fields})


def adalora(**fields) -> AdaLoraConfig:
    return AdaLoraConfig(**{"task_type": "CAUSAL_LM", "init_r": 4, "target_r": 2, "lora_alpha": 8, "total_step": 100, **fields})


DORA: dict[str, Case] = {
    "dora/llama_qv": one("DoRA on q_proj and v_proj", "llama", dora(target_modules=QV)),
    "dora/llama_dropout": one(
        "lora_dropout, which evaluation leaves out; rsLoRA; biases, which the magnitude leaves alone",
        "llama_biases",
        dora(target_modules=[*QV, "up_proj"], r=2, lora_alpha=3, lora_dropout=0.1, use_rslora=True),
        padding="none",
    ),
    "dora/llama_embedding": one(
        "The magnitude of an embedding has an entry for each feature",
        "llama_biases",
        dora(target_modules=["embed_tokens", "q_proj"], r=3),
        padding="left",
    ),
    "dora/llama_rank_pattern": one(
        "rank_pattern and alpha_pattern",
        "llama",
        dora(
            target_modules=["o_proj", "down_proj"],
            rank_pattern={"down_proj": 6, r"layers\.1\..*o_proj": 2},
            alpha_pattern={"model.layers.0.mlp.down_proj": 3},
        ),
        padding="none",
    ),
    "dora/gpt2_c_attn": one("Conv1D", "gpt2", dora(target_modules=["c_attn"], fan_in_fan_out=True), padding="left"),
    "dora/gpt2_mlp": one(
        "Conv1D, with lora_dropout",
        "gpt2",
        dora(target_modules=["c_fc", "mlp.c_proj"], r=2, lora_alpha=1, lora_dropout=0.2, fan_in_fan_out=True),
        padding="none",
    ),
    "dora/llama_pissa": one(
        '"pissa": the magnitude is of the weight before the principal part was taken out',
        "llama",
        dora(target_modules=[*QV, "down_proj"], r=3, lora_alpha=5, use_rslora=True, init_lora_weights="pissa"),
    ),
    "dora/llama_olora": one(
        '"olora" with rank_pattern',
        "llama_biases",
        dora(target_modules=["q_proj", "up_proj"], rank_pattern={"up_proj": 2}, init_lora_weights="olora"),
        padding="left",
    ),
}

LOHA: dict[str, Case] = {
    "loha/llama_qv": one("LoHa on q_proj and v_proj", "llama", loha(target_modules=QV)),
    "loha/llama_patterns": one(
        "rank_pattern and alpha_pattern; biases",
        "llama_biases",
        loha(
            target_modules=["k_proj", "gate_proj", "down_proj"],
            r=2,
            alpha=1,
            rank_pattern={"gate_proj": 4},
            alpha_pattern={r"0\.mlp\.down_proj": 3},
        ),
        padding="none",
    ),
    "loha/gpt2_c_attn": one(CONV1D, "gpt2", loha(target_modules=["c_attn"]), padding="left", linear=True),
    "loha/gpt2_mlp": one(CONV1D, "gpt2", loha(target_modules=["c_fc", "c_proj"], r=1, alpha=2), padding="none", linear=True),
}

LOKR: dict[str, Case] = {
    "lokr/llama_full": one("Both factors full; alpha / r applies all the same", "llama", lokr(target_modules=QV, alpha=12)),
    "lokr/llama_factored": one(
        "The second factor of rank 2", "llama_biases", lokr(target_modules=["q_proj", "gate_proj"], r=2), padding="none"
    ),
    "lokr/llama_decompose_both": one(
        "decompose_both: both factors of rank 1",
        "llama",
        lokr(target_modules=["v_proj", "down_proj"], r=1, alpha=2, decompose_both=True),
        padding="left",
    ),
    "lokr/llama_decompose_factor": one(
        "decompose_factor 2; rank_pattern and alpha_pattern",
        "llama",
        lokr(
            target_modules=["o_proj", "up_proj"],
            r=3,
            alpha=3,
            decompose_factor=2,
            rank_pattern={"up_proj": 12},
            alpha_pattern={"o_proj": 5},
        ),
        padding="none",
    ),
    "lokr/gpt2_full": one(CONV1D, "gpt2", lokr(target_modules=["c_attn"]), padding="none", linear=True),
    "lokr/gpt2_decompose_both": one(
        CONV1D, "gpt2", lokr(target_modules=["c_fc", "c_proj"], r=2, decompose_both=True), padding="left", linear=True
    ),
}

VERA: dict[str, Case] = {
    "vera/llama_saved": one("The projections are in the file; each module takes what it needs of them", "llama", vera(target_modules=QV)),
    "vera/llama_regenerated": one(
        "The projections are drawn again from projection_prng_key",
        "llama_biases",
        vera(
            target_modules=["k_proj", "gate_proj", "down_proj"],
            r=5,
            save_projection=False,
            projection_prng_key=255,
            d_initial=0.4,
        ),
        padding="none",
    ),
    "vera/gpt2_saved": one(
        "Conv1D", "gpt2", vera(target_modules=["c_attn"], r=4, projection_prng_key=7, fan_in_fan_out=True), padding="none"
    ),
    "vera/gpt2_regenerated": one(
        "Conv1D of three shapes",
        "gpt2",
        vera(target_modules=["c_attn", "c_fc", "mlp.c_proj"], save_projection=False, fan_in_fan_out=True),
        padding="left",
    ),
}

ADALORA: dict[str, Case] = {
    "adalora/llama_defaults": one("target_modules null: the default of model_type llama", "llama", adalora()),
    "adalora/llama_orthogonality": one(
        "Another weight of the orthogonality term; lora_alpha zero is r",
        "llama_biases",
        adalora(target_modules=["k_proj", "up_proj"], init_r=3, lora_alpha=0, orth_reg_weight=0.1),
        padding="none",
    ),
    "adalora/llama_pruned": one(
        "After an allocation: ranks 3, 0, 4 and 1 of 4",
        "llama",
        adalora(target_modules=QV),
        padding="left",
        ranks={
            "model.layers.0.self_attn.q_proj": [True, False, True, True],
            "model.layers.0.self_attn.v_proj": [False] * 4,
            "model.layers.1.self_attn.q_proj": [True] * 4,
            "model.layers.1.self_attn.v_proj": [False, False, True, False],
        },
    ),
    "adalora/gpt2_c_attn": one("Conv1D", "gpt2", adalora(target_modules=["c_attn"], fan_in_fan_out=True), padding="left"),
    "adalora/gpt2_pruned": one(
        "After an allocation: ranks 0, 1, 2 and 3 of 3",
        "gpt2",
        adalora(target_modules=["c_attn", "c_fc"], init_r=3, lora_alpha=5, fan_in_fan_out=True),
        padding="none",
        ranks={
            "transformer.h.0.attn.c_attn": [False] * 3,
            "transformer.h.0.mlp.c_fc": [False, True, False],
            "transformer.h.1.attn.c_attn": [True, False, True],
            "transformer.h.1.mlp.c_fc": [True] * 3,
        },
    ),
}

INITIAL: dict[str, Case] = {
    "initialization/llama_pissa": one(
        'init_lora_weights "pissa": the principal part is taken out of the base weight',
        "llama",
        lora(target_modules=QV, init_lora_weights="pissa"),
    ),
    "initialization/llama_pissa_rslora": one(
        '"pissa" with rsLoRA',
        "llama_biases",
        lora(target_modules=["k_proj", "down_proj"], r=3, lora_alpha=5, use_rslora=True, init_lora_weights="pissa"),
        padding="none",
    ),
    "initialization/gpt2_pissa": one(
        '"pissa" on Conv1D',
        "gpt2",
        lora(target_modules=["c_attn"], r=2, init_lora_weights="pissa", fan_in_fan_out=True),
        padding="left",
    ),
    "initialization/llama_olora": one(
        'init_lora_weights "olora": the first r columns and rows of QR, times alpha / r, are taken out',
        "llama",
        lora(target_modules=QV, init_lora_weights="olora"),
        padding="none",
    ),
    "initialization/llama_olora_patterns": one(
        '"olora" with rank_pattern and alpha_pattern',
        "llama_biases",
        lora(
            target_modules=["q_proj", "up_proj"],
            rank_pattern={"up_proj": 2},
            alpha_pattern={r"1\..*\.q_proj": 2},
            init_lora_weights="olora",
        ),
        padding="left",
    ),
    "initialization/gpt2_olora": one(
        '"olora" fails on Conv1D in PEFT: here each Conv1D is a Linear',
        "gpt2",
        lora(target_modules=["c_attn"], init_lora_weights="olora"),
        padding="none",
        linear=True,
    ),
    "initialization/llama_mica": one(
        'init_lora_weights "mica": B are minor left singular vectors and do not train',
        "llama_biases",
        lora(target_modules=["embed_tokens", "q_proj", "up_proj", "down_proj"], r=3, init_lora_weights="mica"),
        weight_decay=0.1,
    ),
    "initialization/gpt2_mica": one(
        '"mica" on Conv1D, with rsLoRA and a rank_pattern',
        "gpt2",
        lora(
            target_modules=["c_attn", "c_fc"],
            rank_pattern={"c_fc": 2},
            use_rslora=True,
            init_lora_weights="mica",
            fan_in_fan_out=True,
        ),
        padding="left",
    ),
    "initialization/llama_orthogonal": one(
        'init_lora_weights "orthogonal": changes no base weight',
        "llama",
        lora(target_modules=QV, init_lora_weights="orthogonal"),
        padding="none",
    ),
    "initialization/gpt2_orthogonal": one(
        '"orthogonal" on Conv1D',
        "gpt2",
        lora(target_modules=["c_attn"], r=2, lora_alpha=6, init_lora_weights="orthogonal", fan_in_fan_out=True),
        padding="left",
    ),
}

ALL = {**DORA, **LOHA, **LOKR, **VERA, **ADALORA, **INITIAL}
