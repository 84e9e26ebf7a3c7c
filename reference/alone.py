"""Rows as if each were alone: what PEFT4J computes behind virtual tokens or a prefix where rows are padded on the left.

PEFT leaves the padding between virtual tokens and text, where it shifts positions and distances. Here each row goes through the model by itself, without its
padding, and the results are put together as those of the batch.
"""

import setting  # first: sets the environment

import torch
from transformers.utils import ModelOutput

DECODER = ("decoder_input_ids", "decoder_attention_mask")
IGNORED = -100


def applies(inputs: dict[str, torch.Tensor]) -> bool:
    """Whether a row begins with padding."""
    return bool((inputs["attention_mask"][:, 0] == 0).any())


def run(model: torch.nn.Module, inputs: dict[str, torch.Tensor], virtual: int) -> ModelOutput:
    """The batch's output, and its loss: the mean over the predictions of all rows.

    virtual is the number of virtual tokens before a decoder's own, 0 for a prefix.
    """
    rows = [row(inputs, index) for index in range(len(inputs["input_ids"]))]
    outputs = [model(**each) for each in rows]
    shifted = virtual == 0 and "_LM" in model.active_peft_config.task_type
    counts = [predictions(each, shifted) for each in rows]
    loss = sum(output.loss * count for output, count in zip(outputs, counts) if count) / sum(counts)
    return ModelOutput(loss=loss, logits=together(inputs, [output.logits for output in outputs]))


def row(inputs: dict[str, torch.Tensor], index: int) -> dict[str, torch.Tensor]:
    """One row of each tensor, from its first token on."""
    text = inputs["attention_mask"][index].argmax().item()
    decoder = inputs["decoder_attention_mask"][index].argmax().item() if DECODER[1] in inputs else None
    result = {}
    for key, value in inputs.items():
        own = value[index : index + 1]
        if key in DECODER or (key == "labels" and decoder is not None):
            result[key] = own[:, decoder:]
        else:
            result[key] = own[:, text:] if own.dim() == 2 and own.shape == inputs["attention_mask"][:1].shape else own
    return result


def predictions(inputs: dict[str, torch.Tensor], shifted: bool) -> int:
    """How many predictions the loss of a row is the mean of; a language model without virtual tokens does not predict the first token."""
    labels = inputs["labels"]
    if labels.shape != inputs["input_ids"].shape and DECODER[0] not in inputs:
        return 1  # of the whole text
    first = 1 if shifted and DECODER[0] not in inputs else 0
    return (labels[:, first:] != IGNORED).sum().item()


def together(inputs: dict[str, torch.Tensor], logits: list[torch.Tensor]) -> torch.Tensor:
    """Logits [rows, …]: zeros where there is padding, behind those of virtual tokens."""
    if logits[0].dim() == 2:
        return torch.cat(logits)
    mask = inputs.get("decoder_attention_mask", inputs["attention_mask"])
    padded = []
    for index, own in enumerate(logits):
        first = mask[index].argmax().item()
        virtual = own.shape[1] - (mask.shape[1] - first)
        padded.append(torch.cat([own[:, :virtual], own.new_zeros(1, first, own.shape[2]), own[:, virtual:]], 1))
    return torch.cat(padded)
