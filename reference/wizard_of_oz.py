"""A real training run to compare with: LoRA on stories260k over the text of The Wizard of Oz.

    python wizard_of_oz.py MODEL_FOLDER TEXT_FILE [--seed 0] [--output FOLDER]

The protocol, which README.md gives in words, is `blocks`, `batch_of` and `train` below.
"""

import setting  # first: sets the environment

import argparse
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from cases import ALL_SEVEN

BLOCK, BATCH, STEPS, RATE, TRAINED_PART = 256, 8, 300, 3e-3, 0.9


def blocks(tokens: list[int]) -> torch.Tensor:
    """[count, 256]: the tokens in order; what does not fill a block is left out."""
    count = len(tokens) // BLOCK
    return torch.tensor(tokens[: count * BLOCK]).view(count, BLOCK)


def batch_of(step: int, data: torch.Tensor) -> torch.Tensor:
    """Eight blocks in order; the last batch of an epoch has those that remain."""
    batches = data.split(BATCH)
    return batches[step % len(batches)]


def loss_of(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The mean over the 255 predictions in each block."""
    logits = model(batch).logits[:, :-1]
    return F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())


def evaluate(model: torch.nn.Module, data: torch.Tensor) -> float:
    with torch.no_grad():
        return sum(loss_of(model, batch).item() * len(batch) for batch in data.split(BATCH)) / len(data)


def train(model: PeftModel, data: torch.Tensor) -> list[float]:
    """The loss of each batch before its step."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for step in range(STEPS):
        loss = loss_of(model, batch_of(step, data))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def save_initial(model: PeftModel, folder: Path) -> None:
    """The adapter before training: A as PEFT draws it, B zero. From here every implementation should take the same path."""
    model.peft_config["default"].base_model_name_or_path = "stories260k"
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    setting.sort_sets(folder / "adapter_config.json")


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=setting.GOLDEN)
    arguments = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    tokens = tokenizer.encode(arguments.text.read_text(encoding="utf-8"), add_special_tokens=False).ids
    split = int(len(tokens) * TRAINED_PART)
    training, evaluation = blocks(tokens[:split]), blocks(tokens[split:])

    base = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32, attn_implementation="eager")
    base_loss = evaluate(base, evaluation)
    torch.manual_seed(arguments.seed)
    model = get_peft_model(
        base, LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, lora_dropout=0.0, target_modules=ALL_SEVEN)
    )
    model.eval()
    save_initial(model, arguments.output / "stories260k_wizard" / "initial_adapter")
    losses = train(model, training)

    setting.write_json(
        arguments.output / "stories260k_wizard.json",
        {
            "tokens": len(tokens),
            "training_tokens": split,
            "block": BLOCK,
            "training_blocks": len(training),
            "evaluation_blocks": len(evaluation),
            "batch": BATCH,
            "steps": STEPS,
            "learning_rate": RATE,
            "r": 8,
            "lora_alpha": 16,
            "target_modules": ALL_SEVEN,
            "trainable_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
            "evaluation_loss_base": base_loss,
            "evaluation_loss_trained": evaluate(model, evaluation),
            "training_losses": {str(step): losses[step] for step in [*range(0, STEPS, 10), STEPS - 1]},
            "first_training_tokens": tokens[:16],
            "first_evaluation_tokens": tokens[split : split + 16],
        },
    )


if __name__ == "__main__":
    main()
