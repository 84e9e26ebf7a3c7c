"""Cases of prompts and prefixes."""

import setting  # first: sets the environment

from peft import MultitaskPromptTuningConfig, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig

from cases import Case, one


def prompt(tokens: int, **fields) -> PromptTuningConfig:
    return PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=tokens, **fields)


def encoded(tokens: int, kind: str, hidden: int, **fields) -> PromptEncoderConfig:
    return PromptEncoderConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=tokens,
        encoder_reparameterization_type=kind,
        encoder_hidden_size=hidden,
        **fields,
    )


def prefix(tokens: int, **fields) -> PrefixTuningConfig:
    return PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=tokens, **fields)


def multitask(tokens: int, tasks: int, ranks: int) -> MultitaskPromptTuningConfig:
    return MultitaskPromptTuningConfig(
        task_type="CAUSAL_LM", num_virtual_tokens=tokens, num_tasks=tasks, num_ranks=ranks
    )


ALL: dict[str, Case] = {
    "prompt_tuning/llama": one("Four virtual tokens", "llama", prompt(4)),
    "prompt_tuning/llama_one": one("One virtual token", "llama_biases", prompt(1), padding="none", weight_decay=0.1),
    "prompt_tuning/gpt2": one("Three virtual tokens", "gpt2", prompt(3), padding="left"),
    "prompt_tuning/gpt2_none": one("Five virtual tokens", "gpt2", prompt(5), padding="none"),
    "prompt_tuning/opt": one("Three virtual tokens; positions skip padding", "opt", prompt(3), padding="left"),
    "prompt_tuning/opt_none": one("Two virtual tokens", "opt", prompt(2), padding="none"),
    "prompt_tuning/opt_350m": one(
        "Embeddings narrower than the blocks: token_dim is word_embed_proj_dim; without it PEFT takes hidden_size and fails",
        "opt_350m",
        prompt(3, token_dim=12),
        padding="left",
    ),
    "p_tuning/llama_mlp": one("A multi-layer perceptron as encoder", "llama", encoded(4, "MLP", 12)),
    "p_tuning/llama_lstm": one(
        "A bidirectional LSTM of two layers, then two linear maps",
        "llama",
        encoded(3, "LSTM", 6, encoder_dropout=0.1),
        padding="none",
    ),
    "p_tuning/gpt2_mlp": one("A multi-layer perceptron as encoder", "gpt2", encoded(2, "MLP", 20), padding="none"),
    "p_tuning/gpt2_lstm": one(
        "A bidirectional LSTM of one layer", "gpt2", encoded(4, "LSTM", 7, encoder_num_layers=1), padding="left"
    ),
    "prefix_tuning/llama": one("Two of four heads have keys and values", "llama", prefix(3)),
    "prefix_tuning/llama_head_dim": one("head_dim is not hidden_size / heads", "llama_head_dim", prefix(2), padding="left"),
    "prefix_tuning/llama_projection": one(
        "Through two linear maps with tanh between",
        "llama",
        prefix(4, prefix_projection=True, encoder_hidden_size=10),
        padding="none",
    ),
    "prefix_tuning/gpt2": one("As many key heads as query heads", "gpt2", prefix(4), padding="none"),
    "prefix_tuning/gpt2_projection": one(
        "encoder_hidden_size null: as wide as the keys", "gpt2", prefix(2, prefix_projection=True), padding="left"
    ),
    "prefix_tuning/opt": one("Positions after the prefix, padding on the right", "opt", prefix(3)),
    "prefix_tuning/opt_350m": one("Norms after the sub-layers", "opt_350m", prefix(2), padding="left"),
    "multitask_prompt_tuning/llama": one("Three tasks of rank 2", "llama", multitask(4, 3, 2), tasks=3),
    "multitask_prompt_tuning/llama_none": one(
        "Two tasks of rank 1", "llama_biases", multitask(2, 2, 1), padding="none", tasks=2
    ),
    "multitask_prompt_tuning/gpt2": one("Two tasks of rank 3", "gpt2", multitask(3, 2, 3), padding="left", tasks=2),
    "multitask_prompt_tuning/gpt2_none": one(
        "Three tasks of rank 1", "gpt2", multitask(2, 3, 1), padding="none", tasks=3
    ),
}
