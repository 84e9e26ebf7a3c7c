"""Writes what encoders without a head give: python embeddings.py [FOLDER, that of all-MiniLM-L6-v2]"""

import setting  # first: sets the environment

import sys

import torch
from tokenizers import Tokenizer
from peft import LoraConfig, get_peft_model
from transformers import AutoModel

import bases
from first_values import first_value

SENTENCES = ["a masterpiece four years in the making.", "the plot is dull, and the acting is worse.", "Gold!"]

FOLDER = setting.GOLDEN / "embeddings"


def adapted() -> None:
    """A tiny BERT with LoRA: hidden states and pooled vectors. Its modules have no prefix."""
    config = LoraConfig(task_type="FEATURE_EXTRACTION", r=2, target_modules=["query", "pooler.dense"])
    model = get_peft_model(bases.load("bert_features"), config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(first_value("embeddings", key, parameter, config))
        ids = torch.randint(3, 50, (2, 7), generator=setting.generator("embeddings"))
        mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
        types = (torch.arange(7) > 3).long() * mask
        output = model(input_ids=ids * mask, attention_mask=mask, token_type_ids=types)
    model.save_pretrained(FOLDER / "adapter")
    (FOLDER / "adapter" / "README.md").unlink()
    setting.sort_sets(FOLDER / "adapter" / "adapter_config.json")
    setting.write_tensors(FOLDER / "inputs.safetensors", {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": types})
    setting.write_tensors(
        FOLDER / "expected.safetensors", {"last_hidden_state": output.last_hidden_state, "pooler_output": output.pooler_output}
    )


def real(path: str) -> None:
    """The vectors of a few sentences by a real model."""
    tokenizer = Tokenizer.from_file(path + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    ids, mask = torch.tensor([each.ids for each in encoded]), torch.tensor([each.attention_mask for each in encoded])
    with torch.no_grad():
        model = AutoModel.from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()
        output = model(input_ids=ids, attention_mask=mask)
    states, shown = output.last_hidden_state, mask.unsqueeze(-1)
    tensors = {
        "input_ids": ids,
        "attention_mask": mask,
        "mean": torch.nn.functional.normalize((states * shown).sum(1) / shown.sum(1)),
        "first": states[:, 0].contiguous(),
        "last": states[torch.arange(3), mask.sum(1) - 1],
        "pooler_output": output.pooler_output,
    }
    setting.write_tensors(FOLDER / "minilm.safetensors", tensors)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    adapted()
    for path in sys.argv[1:]:
        real(path)
