"""Writes the vectors of a few sentences by a real encoder: python embeddings.py FOLDER, that of all-MiniLM-L6-v2"""

import setting  # first: sets the environment

import sys

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

SENTENCES = ["a masterpiece four years in the making.", "the plot is dull, and the acting is worse.", "Gold!"]

if __name__ == "__main__":
    tokenizer = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    ids, mask = torch.tensor([each.ids for each in encoded]), torch.tensor([each.attention_mask for each in encoded])
    with torch.no_grad():
        model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager", dtype=torch.float32).eval()
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
    folder = setting.GOLDEN / "embeddings"
    folder.mkdir(exist_ok=True)
    setting.write_tensors(folder / "minilm.safetensors", tensors)
