"""The base checkpoints of encoders: tiny, random, one for each family and task."""

import setting  # first: sets the environment

from transformers import BertConfig, DistilBertConfig, ElectraConfig, PreTrainedConfig, RobertaConfig, XLMRobertaConfig

SIZES = dict(vocab_size=56, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=32)
TOKENS = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
LABELS = dict(id2label={0: "O", 1: "B-PER", 2: "I-PER"})
TASKS = {"sequence": {"id2label": {0: "bad", 1: "middling", 2: "good"}}, "tokens": LABELS, "answers": {}, "features": {}}


def bert(kind: type = BertConfig, **fields) -> PreTrainedConfig:
    return kind(**{**SIZES, **TOKENS, "attn_implementation": "eager", **fields})


def roberta(kind: type = RobertaConfig, **fields) -> PreTrainedConfig:
    return bert(kind, **{"pad_token_id": 1, "bos_token_id": 0, "type_vocab_size": 1, "layer_norm_eps": 1e-5, **fields})


def electra(**fields) -> PreTrainedConfig:
    return bert(ElectraConfig, **{"embedding_size": 16, **fields})


def distilbert(**fields) -> PreTrainedConfig:
    sizes = dict(vocab_size=56, dim=24, n_layers=2, n_heads=4, hidden_dim=40, max_position_embeddings=32)
    return DistilBertConfig(**{**sizes, **TOKENS, "attn_implementation": "eager", **fields})


FAMILIES = {
    "bert": bert,
    "roberta": roberta,
    "xlm_roberta": lambda **fields: roberta(XLMRobertaConfig, **fields),
    "electra": electra,
    "distilbert": distilbert,
}

ALL: dict[str, tuple[PreTrainedConfig, str]] = {
    **{f"{family}_{task}": (make(**labels), task) for family, make in FAMILIES.items() for task, labels in TASKS.items() if task != "features"},
    "bert_features": (bert(), "features"),
    "bert_several": (bert(num_labels=3, problem_type="multi_label_classification"), "sequence"),
    "bert_number": (bert(num_labels=1), "sequence"),
}
