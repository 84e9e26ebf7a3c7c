"""Cases of encoders: each family and task, with what each method of PEFT can do there."""

import setting  # first: sets the environment

from peft import IA3Config, LNTuningConfig, LoraConfig, PeftConfig, PrefixTuningConfig, PromptTuningConfig

import bases_encoders
import cases
from cases import Case

BERT = dict(attention=["query", "value"], scaled=["key", "value", "output.dense"], down="output.dense")
FAMILIES = {
    **dict.fromkeys(("bert", "roberta", "xlm_roberta", "electra"), BERT),
    "distilbert": dict(attention=["q_lin", "v_lin"], scaled=["k_lin", "v_lin", "ffn.lin2"], down="ffn.lin2"),
    "albert": dict(attention=["query", "value"], scaled=["key", "value", "ffn_output"], down="ffn_output"),
    "mpnet": dict(attention=["q", "v"], scaled=["k", "v", "output.dense"], down="output.dense"),
    "modernbert": dict(attention=["Wqkv"], scaled=["Wqkv", "mlp.Wo"], down="mlp.Wo"),
}
TASKS = {"sequence": "SEQ_CLS", "tokens": "TOKEN_CLS", "answers": "QUESTION_ANS"}


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    """The loss must not become so small in five steps that its relative error is large."""
    return cases.one(description, base, config, learning_rate=3e-3, **fields)


def of(family: str) -> dict[str, Case]:
    def lora(task: str, **fields) -> PeftConfig:
        return LoraConfig(**{"task_type": TASKS[task], "r": 4, "lora_alpha": 8, **fields})

    result = {
        f"{task}_lora": one(
            "LoRA on the attention; token types where there are any",
            f"{family}_{task}",
            lora(task, target_modules=FAMILIES[family]["attention"]),
            padding="left" if task == "tokens" else "right",
        )
        for task in TASKS
    }
    if family != "distilbert":  # whose pre_classifier PEFT both adapts and saves, and so crashes
        result["sequence_linear"] = one("all-linear", f"{family}_sequence", lora("sequence", target_modules="all-linear", r=2, lora_alpha=2))
    for task in TASKS:
        result[f"{task}_ia3"] = one(
            "(IA)3",
            f"{family}_{task}",
            IA3Config(task_type=TASKS[task], target_modules=FAMILIES[family]["scaled"], feedforward_modules=[FAMILIES[family]["down"]]),
            padding="left" if task == "answers" and family != "modernbert" else "right",
        )
    for task, head in (("tokens", "classifier"), ("answers", "qa_outputs")):
        if family != "modernbert" or task == "tokens":  # whose head for answers PEFT does not save
            result[f"{task}_linear"] = one(
                "all-linear but the head, which PEFT would adapt too, and crash",
                f"{family}_{task}",
                lora(task, target_modules="all-linear", exclude_modules=[head], r=1, lora_alpha=2),
            )
    return {f"encoders/{family}_{name}": case for name, case in result.items()}


PREFIXED = {
    "roberta": ["tokens", "answers"],
    "xlm_roberta": ["sequence", "tokens", "answers"],
    "electra": ["sequence", "tokens"],
}
"""What else takes a prefix: the other families have no past_key_values in transformers 5.18, and PEFT 0.21 refuses them. Under a prefix it ignores the types of tokens, so
that there is no reference for the answers of BERT and ELECTRA."""

WIDTH = bases_encoders.ALL["distilbert_sequence"]["config"].dim

ALL: dict[str, Case] = {key: case for family in FAMILIES for key, case in of(family).items()} | {
    "encoders/bert_several": one("Several labels at once", "bert_several", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["key"])),
    "encoders/bert_number": one("A number", "bert_number", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["key"])),
    "encoders/bert_dora": one(
        "DoRA, also on the feed-forward part", "bert_sequence", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["value", "intermediate.dense"], use_dora=True)
    ),
    "encoders/bert_prompt": one(
        "Virtual tokens before the sequence, of the first of which the pooler reads", "bert_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/bert_prompt_left": one(
        "The pooler reads the first virtual token, behind the padding",
        "bert_sequence",
        PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2),
        padding="left",
    ),
    "encoders/bert_prefix": one(
        "Keys and values that all positions see, those of the pooler too", "bert_sequence", PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/bert_prefix_tokens": one(
        "Through two linear maps with tanh between",
        "bert_tokens",
        PrefixTuningConfig(task_type="TOKEN_CLS", num_virtual_tokens=2, prefix_projection=True, encoder_hidden_size=7),
        padding="left",
    ),
    **{
        f"encoders/{family}_{task}_prefix": one("A prefix", f"{family}_{task}", PrefixTuningConfig(task_type=TASKS[task], num_virtual_tokens=2))
        for family, tasks in PREFIXED.items()
        for task in tasks
    },
    "encoders/xlm_roberta_prompt": one("Virtual tokens", "xlm_roberta_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2)),
    "encoders/distilbert_prompt": one(
        "Virtual tokens, whose width PEFT does not find by itself",
        "distilbert_sequence",
        PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2, token_dim=WIDTH, num_attention_heads=2, num_layers=2),
    ),
    "encoders/roberta_prefix": one("Positions after the prefix", "roberta_sequence", PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2)),
    "encoders/roberta_prompt_left": one(
        "Positions of virtual tokens count from the padding on", "roberta_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2), padding="left"
    ),
    "encoders/roberta_prompt": one(
        "Virtual tokens: all positions count then", "roberta_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/electra_prompt": one(
        "Virtual tokens as narrow as the embeddings", "electra_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2, token_dim=16)
    ),
    "encoders/albert_prompt": one(
        "Virtual tokens as narrow as the embeddings", "albert_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3, token_dim=10)
    ),
    "encoders/albert_embeddings": one(
        "LoRA on every table of the narrow embeddings and on their projection",
        "albert_sequence",
        LoraConfig(
            task_type="SEQ_CLS",
            r=2,
            target_modules=["word_embeddings", "position_embeddings", "token_type_embeddings", "embedding_hidden_mapping_in", "pooler"],
        ),
    ),
    "encoders/albert_dora": one(
        "DoRA at every depth of a block", "albert_sequence", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["value", "ffn"], use_dora=True)
    ),
    "encoders/albert_groups": one(
        "Two groups of two blocks each, the first at two depths; norms train; a file in BF16",
        "albert_groups",
        LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["value", "ffn_output"], modules_to_save=["classifier", "full_layer_layer_norm"]),
        padding="left",
    ),
    "encoders/albert_bias": one(
        "Biases of the adapted maps train at every depth", "albert_tokens", LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["value", "ffn"], bias="lora_only")
    ),
    "encoders/albert_norms": one(
        "Norms at every depth", "albert_answers", LNTuningConfig(task_type="QUESTION_ANS", target_modules=["LayerNorm", "full_layer_layer_norm"])
    ),
    "encoders/mpnet_prompt": one(
        "Virtual tokens: all positions count, and each is at a distance from the others", "mpnet_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/mpnet_bias": one(
        "LoRA on the tables: of relative positions, of absolute ones, of tokens; left padding",
        "mpnet_tokens",
        LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["relative_attention_bias", "position_embeddings", "word_embeddings"]),
        padding="left",
    ),
    "encoders/mpnet_f16": one("A file in F16", "mpnet_f16", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["q", "intermediate.dense"])),
    "encoders/modernbert_prompt": one(
        "Virtual tokens before the norm of the embeddings, counted in windows", "modernbert_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/modernbert_mean": one(
        "The mean of a sequence without padding, biases, other activations, scaled rotary positions, first block with a window; a file in BF16",
        "modernbert_bf16",
        LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["attn.Wo", "Wi"]),
        padding="left",
        length=13,
    ),
    "encoders/modernbert_hub": one(
        "The fields of transformers 4; norms and the dense layer of the head train",
        "modernbert_hub",
        LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["attn.Wo"], modules_to_save=["classifier", "head", "final_norm", "mlp_norm"]),
        length=12,
    ),
    "encoders/bert_embeddings": one(
        "LoRA on every table", "bert_sequence", LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["word_embeddings", "position_embeddings", "token_type_embeddings"])
    ),
    "encoders/electra_embeddings": one(
        "LoRA on every table of the narrow embeddings and on their projection",
        "electra_tokens",
        LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["word_embeddings", "position_embeddings", "token_type_embeddings", "embeddings_project"]),
    ),
}
