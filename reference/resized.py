"""Writes an adapter of a model whose vocabulary was resized: python resized.py"""

import setting  # first: sets the environment

import shutil

import torch
from peft import LoraConfig, get_peft_model

import bases
import golden

TOKENS = 60
FOLDER = setting.GOLDEN / "resized"


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    torch.manual_seed(3)
    base = bases.load("llama_biases")
    base.resize_token_embeddings(TOKENS)
    config = LoraConfig(
        task_type="CAUSAL_LM", r=3, lora_alpha=6, target_modules=["embed_tokens", "q_proj"], modules_to_save=["lm_head"]
    )
    model = get_peft_model(base, config).eval()
    with torch.no_grad():
        for name, parameter in golden.trainable(model).items():
            parameter.copy_(setting.normal(f"resized/{name}", parameter, 0.2))
    model.save_pretrained(FOLDER / "adapter")  # with the embedding's own weight, because it is targeted
    (FOLDER / "adapter" / "README.md").unlink(missing_ok=True)
    setting.sort_sets(FOLDER / "adapter" / "adapter_config.json")
    ids = torch.randint(3, TOKENS, (2, 9), generator=setting.generator("resized/input_ids"))
    ids[0, 2], ids[1, 7] = TOKENS - 1, TOKENS - 3  # new ones
    with torch.no_grad():
        logits = model(input_ids=ids).logits
    setting.write_tensors(FOLDER / "inputs.safetensors", {"input_ids": ids})
    setting.write_tensors(FOLDER / "expected.safetensors", {"logits": logits})


if __name__ == "__main__":
    main()
