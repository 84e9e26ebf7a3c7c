"""The base checkpoints of encoders: tiny, random, one for each family and task."""

import setting  # first: sets the environment

import torch
from transformers import AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, ModernBertConfig, MPNetConfig, PreTrainedConfig, RobertaConfig, XLMRobertaConfig

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


def mpnet(**fields) -> PreTrainedConfig:
    """Odd sizes, and an epsilon that is not the default."""
    sizes = dict(hidden_size=21, num_attention_heads=3, intermediate_size=37, layer_norm_eps=1e-5)
    return bert(MPNetConfig, **{**sizes, "pad_token_id": 1, "bos_token_id": 0, **fields})


def modernbert(**fields) -> PreTrainedConfig:
    """Odd sizes; two blocks with a window that is shorter than the texts between two without."""
    sizes = dict(vocab_size=56, hidden_size=30, num_hidden_layers=4, num_attention_heads=3, intermediate_size=35, max_position_embeddings=32)
    window = dict(local_attention=6, cls_token_id=1, sep_token_id=2)
    return ModernBertConfig(**{**sizes, **TOKENS, **window, "attn_implementation": "eager", **fields})


def albert(**fields) -> PreTrainedConfig:
    """Odd sizes; one block at three depths."""
    sizes = dict(embedding_size=10, hidden_size=21, num_attention_heads=3, intermediate_size=37, num_hidden_layers=3)
    return bert(AlbertConfig, **{**sizes, **fields})


BIASES = dict(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True)
LINEAR = {"rope_type": "linear", "factor": 2.0}
KINDS = ["sliding_attention", "full_attention", "sliding_attention"]

FAMILIES = {
    "bert": bert,
    "roberta": roberta,
    "xlm_roberta": lambda **fields: roberta(XLMRobertaConfig, **fields),
    "electra": electra,
    "distilbert": distilbert,
    "albert": albert,
    "mpnet": mpnet,
    "modernbert": modernbert,
}

ALL: dict[str, dict] = {
    **{f"{family}_{task}": dict(config=make(**labels), task=task) for family, make in FAMILIES.items() for task, labels in TASKS.items() if task != "features"},
    "bert_features": dict(config=bert(), task="features"),
    "bert_several": dict(config=bert(num_labels=3, problem_type="multi_label_classification"), task="sequence"),
    "bert_number": dict(config=bert(num_labels=1), task="sequence"),
    "albert_features": dict(config=albert(), task="features"),
    "albert_groups": dict(
        config=albert(num_hidden_groups=2, inner_group_num=2, hidden_act="gelu", layer_norm_eps=1e-5, **LABELS), task="tokens", dtype=torch.bfloat16
    ),
    "mpnet_features": dict(config=mpnet(), task="features"),
    "mpnet_f16": dict(config=mpnet(**TASKS["sequence"]), task="sequence", dtype=torch.float16),
    # Its loss is over padding too: each position must see a token, or gradients flow through what is constant in transformers.
    "modernbert_answers": dict(config=modernbert(local_attention=8), task="answers"),
    "modernbert_features": dict(config=modernbert(pad_token_id=7), task="features"),
    "modernbert_bf16": dict(
        config=modernbert(
            **TASKS["sequence"],
            **BIASES,
            classifier_pooling="mean",
            classifier_activation="silu",
            hidden_activation="gelu_pytorch_tanh",
            num_hidden_layers=3,
            local_attention=5,
            layer_types=KINDS,
            rope_parameters={"full_attention": {**LINEAR, "rope_theta": 900.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 70.0}},
        ),
        task="sequence",
        dtype=torch.bfloat16,
    ),
    "modernbert_hub": dict(
        config=modernbert(**TASKS["tokens"], rope_parameters={kind: {**LINEAR, "rope_theta": theta} for kind, theta in (("full_attention", 5000.0), ("sliding_attention", 30.0))}),
        task="tokens",
        legacy={
            "global_rope_theta": 5000.0,
            "local_rope_theta": 30.0,
            "rope_scaling": LINEAR,
            "global_attn_every_n_layers": 3,
            "layer_norm_eps": 1e-5,
            "position_embedding_type": "absolute",
            "layer_types": None,
            "torch_dtype": "float32",
        },
    ),
}
