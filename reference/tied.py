"""LoRA with ensure_weight_tying on embeddings: one pair of tensors at two modules.

PEFT 0.21 keeps two parameters over the storage of one: each has a gradient and a state of Adam's of its own, both are counted, and
merging adds the change twice. Here the gradient is the sum, there is one state, and merging changes nothing in the outputs.
"""

import setting  # first: sets the environment

import torch
from peft import PeftConfig, PeftModel


def matters(config: PeftConfig) -> bool:
    """Whether a targeted embedding's pair is at the head too."""
    targets = {name.split(".")[-1] for name in getattr(config, "target_modules", None) or []}
    named = {"embed_tokens", "lm_head"} & targets
    return getattr(config, "ensure_weight_tying", False) and bool(named) and not config.modules_to_save


def twins(model: PeftModel) -> dict[str, str]:
    """The name of each parameter whose storage is another's, with the name of that."""
    first: dict[int, str] = {}
    result = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            known = first.setdefault(parameter.data_ptr(), name)
            if known != name:
                result[name] = known
    return result


def add_gradients(model: PeftModel) -> None:
    """Adds the gradients of the twins to those of the first, which alone keep one."""
    parameters = dict(model.named_parameters())
    for name, first in twins(model).items():
        if parameters[name].grad is not None:
            parameters[first].grad += parameters[name].grad.t()
            parameters[name].grad = None


def summary(model: PeftModel) -> str:
    """The count of print_trainable_parameters with each storage once."""
    again = sum(dict(model.named_parameters())[name].numel() for name in twins(model))
    trainable, everything = model.get_nb_trainable_parameters()
    trainable, everything = trainable - again, everything - again
    return f"trainable params: {trainable:,d} || all params: {everything:,d} || trainable%: {100 * trainable / everything:.4f}"
