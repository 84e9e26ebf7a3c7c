"""Cases of encoders: each family and task, with what each method of PEFT can do there."""

import setting  # first: sets the environment

from peft import IA3Config, LoraConfig, PeftConfig, PrefixTuningConfig, PromptTuningConfig

import cases
from cases import Case

QUERY_VALUE = {"bert": ["query", "value"], "roberta": ["query", "value"], "xlm_roberta": ["query", "value"], "electra": ["query", "value"], "distilbert": ["q_lin", "v_lin"]}
KEYS = {name: [part.replace("query", "key").replace("q_lin", "k_lin") for part in parts] for name, parts in QUERY_VALUE.items()}
DOWN = {name: "output.dense" for name in QUERY_VALUE} | {"distilbert": "ffn.lin2"}
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
            lora(task, target_modules=QUERY_VALUE[family]),
            padding="left" if task == "tokens" else "right",
        )
        for task in TASKS
    }
    if family != "distilbert":  # whose pre_classifier PEFT both adapts and saves, and so crashes
        result["sequence_linear"] = one("all-linear", f"{family}_sequence", lora("sequence", target_modules="all-linear", r=2, lora_alpha=2))
    if family in ("bert", "distilbert"):  # a classifier of two layers has no weight, which PEFT asks for when it merges
        result["sequence_ia3"] = one(
            "(IA)3",
            f"{family}_sequence",
            IA3Config(task_type="SEQ_CLS", target_modules=[*KEYS[family], DOWN[family]], feedforward_modules=[DOWN[family]]),
        )
    return {f"encoders/{family}_{name}": case for name, case in result.items()}


ALL: dict[str, Case] = {key: case for family in QUERY_VALUE for key, case in of(family).items()} | {
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
    "encoders/roberta_prompt_left": one(
        "Positions of virtual tokens count from the padding on", "roberta_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2), padding="left"
    ),
    "encoders/roberta_prompt": one(
        "Virtual tokens: all positions count then", "roberta_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    ),
    "encoders/electra_prompt": one(
        "Virtual tokens as narrow as the embeddings", "electra_sequence", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2, token_dim=16)
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
