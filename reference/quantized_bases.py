"""Writes cases on bases in 4 bits: python quantized_bases.py. Needs the bases and bitsandbytes, whose functions run on the CPU.

PEFT trains on the values that the codes stand for, in FP32: each linear weight of a block is quantised and widened again, GPT-2's as [out, in].
"""

import setting  # first: sets the environment

from collections.abc import Callable

import bitsandbytes.functional as bnb
import torch
from peft import IA3Config
from safetensors.torch import load_file
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

import bases
import golden
from cases import QV, Case, lora, one
from cases_low_rank import dora

NF4 = {"format": "nf4", "block_size": 64, "double_quantization": False}
DOUBLE = {"format": "nf4", "block_size": 32, "double_quantization": True}
FP4 = {"format": "fp4", "block_size": 128, "double_quantization": False}
ALL: dict[str, tuple[dict, Case]] = {
    "quantized/llama_nf4": (NF4, one("All linear maps", "llama", lora(target_modules="all-linear"), padding="left")),
    "quantized/llama_double": (DOUBLE, one("Factors in 8 bits", "llama_biases", lora(target_modules=QV))),
    "quantized/llama_fp4": (FP4, one("FP4", "llama", lora(target_modules=QV))),
    "quantized/llama_dora": (NF4, one("DoRA: norms of the widened weights", "llama", dora(target_modules=QV))),
    "quantized/gpt2_nf4": (NF4, one("Weights stored as [in, out]", "gpt2", lora(target_modules=["c_attn", "c_proj"], fan_in_fan_out=True))),
    "quantized/opt_ia3": (NF4, one("(IA)3", "opt", IA3Config(task_type="CAUSAL_LM"))),
}


def widened(weight: torch.Tensor, options: dict) -> torch.Tensor:
    codes, state = bnb.quantize_4bit(
        weight.contiguous(),
        blocksize=options["block_size"],
        quant_type=options["format"],
        compress_statistics=options["double_quantization"],
    )
    return bnb.dequantize_4bit(codes, state).reshape(weight.shape)


def loading(load: Callable, options: dict) -> Callable:
    def quantised(name: str, linear: bool = False) -> PreTrainedModel:
        model = load(name, linear)
        with torch.no_grad():
            for path, module in model.named_modules():
                if path == "lm_head":
                    continue
                if isinstance(module, Conv1D):
                    module.weight.copy_(widened(module.weight.T, options).T)
                elif isinstance(module, torch.nn.Linear):
                    module.weight.copy_(widened(module.weight, options))
        return model

    return quantised


if __name__ == "__main__":
    original = bases.load
    for name, (options, case) in ALL.items():
        bases.load = loading(original, options)
        golden.write(name, case, quantization=options)
        path = setting.GOLDEN / name / "expected.safetensors"
        tensors = load_file(path)
        tensors.pop("merged_logits")  # a weight in 4 bits takes no adapter in
        setting.write_tensors(path, tensors)
