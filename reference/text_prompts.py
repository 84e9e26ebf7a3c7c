"""Writes what prompts begin as that begin as a text: python text_prompts.py MODEL_FOLDER, that of stories260k"""

import setting  # first: sets the environment

import argparse
from pathlib import Path

import torch
from peft import MultitaskPromptTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM

TEXTS = {"cut": "One day, Dorothy and her little dog went to see the Wizard of Oz.", "repeated": "Hello!"}
TOKENS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    folder = parser.parse_args().model
    tensors: dict[str, torch.Tensor] = {}
    for method in (PromptTuningConfig, MultitaskPromptTuningConfig):
        for name, text in TEXTS.items():
            config = method(
                task_type="CAUSAL_LM",
                num_virtual_tokens=TOKENS,
                prompt_tuning_init="TEXT",
                prompt_tuning_init_text=text,
                tokenizer_name_or_path=str(folder),
            )
            model = get_peft_model(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), config)
            tensors[f"{model.active_peft_config.peft_type.value}.{name}"] = model.prompt_encoder["default"].embedding.weight
    setting.write_json(setting.GOLDEN / "text_prompts/case.json", {"num_virtual_tokens": TOKENS, "texts": TEXTS})
    setting.write_tensors(setting.GOLDEN / "text_prompts/expected.safetensors", tensors)


if __name__ == "__main__":
    main()
