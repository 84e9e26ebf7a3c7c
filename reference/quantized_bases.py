"""Writes cases on bases in 4 and 8 bits: python quantized_bases.py. Needs the bases and bitsandbytes, whose functions run on the CPU.

PEFT trains on the values that the codes stand for, in FP32: each linear weight of a block is quantised and widened again, GPT-2's as [out, in].
"""

import setting  # first: sets the environment

import sys
from collections.abc import Callable

import bitsandbytes.functional as bnb
import torch
from peft import IA3Config, LoraConfig
from peft.tuners.lora.layer import Linear, LoraVariant
from peft.tuners.lora.variants import QALoraLinearVariant
from safetensors.torch import load_file
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

import bases
import golden
from cases import QV, Case, lora, one
from cases_low_rank import dora
from quantized import group

NF4 = {"format": "nf4", "block_size": 64, "double_quantization": False}
DOUBLE = {"format": "nf4", "block_size": 32, "double_quantization": True}
FP4 = {"format": "fp4", "block_size": 128, "double_quantization": False}
INT8 = {"format": "int8"}
INT4 = {"format": "groups", "bits": 4, "group_size": 32, "zero_points": True}
INT4_SMALL = {"format": "groups", "bits": 4, "group_size": 8, "zero_points": True}
INT8_GROUPS = {"format": "groups", "bits": 8, "group_size": 64, "zero_points": False}
ALL: dict[str, tuple[dict, Case]] = {
    "quantized/llama_nf4": (NF4, one("All linear maps", "llama", lora(target_modules="all-linear"), padding="left")),
    "quantized/llama_double": (DOUBLE, one("Factors in 8 bits", "llama_biases", lora(target_modules=QV))),
    "quantized/llama_fp4": (FP4, one("FP4", "llama", lora(target_modules=QV))),
    "quantized/llama_dora": (NF4, one("DoRA: norms of the widened weights", "llama", dora(target_modules=QV))),
    "quantized/gpt2_nf4": (NF4, one("Weights stored as [in, out]", "gpt2", lora(target_modules=["c_attn", "c_proj"], fan_in_fan_out=True))),
    "quantized/llama_int8": (INT8, one("8 bits by rows", "llama", lora(target_modules="all-linear"), padding="right")),
    "quantized/gpt2_int8": (INT8, one("8 bits by rows of weights stored as [in, out]", "gpt2", lora(target_modules=["c_attn"], fan_in_fan_out=True))),
    "quantized/llama_int4": (INT4, one("4 bits by groups", "llama_biases", lora(target_modules="all-linear"))),
    "quantized/gpt2_int4": (INT4, one("4 bits by groups of weights stored as [in, out]", "gpt2", lora(target_modules=["c_proj"], fan_in_fan_out=True))),
    "quantized/llama_int8_groups": (INT8_GROUPS, one("8 bits by groups", "llama", dora(target_modules=QV))),
    "quantized/llama_qalora": (
        INT4_SMALL,
        one("QA-LoRA on groups", "llama", lora(target_modules="all-linear", use_qalora=True, qalora_group_size=8, lora_alpha=4)),
    ),
    "quantized/opt_ia3": (NF4, one("(IA)3", "opt", IA3Config(task_type="CAUSAL_LM"))),
}


def widened(weight: torch.Tensor, options: dict) -> torch.Tensor:
    if options["format"] == "int8":
        return bnb.int8_vectorwise_dequant(*bnb.int8_vectorwise_quant(weight.half())[:2])
    if options["format"] == "groups":
        parts = [[group(part, options["bits"], options["zero_points"])[1] for part in row.split(options["group_size"])] for row in weight]
        return torch.stack([torch.cat(row) for row in parts])
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


class QaLora(QALoraLinearVariant):
    """PEFT has QA-LoRA for GPTQ's modules only, and merges none: here the change of the weight that its forward pass stands for is added."""

    @staticmethod
    def merge_safe(module: Linear, active_adapter: str, orig_weight: torch.Tensor) -> torch.Tensor:
        size = module.qalora_group_size[active_adapter]
        product = module.lora_B[active_adapter].weight @ module.lora_A[active_adapter].weight  # [out, groups]
        delta = product.repeat_interleave(size, dim=1) * (product.shape[1] / size)
        return orig_weight + delta * module.scaling[active_adapter]


def on_any_weight(module: Linear, *, config: LoraConfig, **options: object) -> LoraVariant | None:
    return QaLora() if config.use_qalora else original_variant(module, config=config, **options)


if __name__ == "__main__":
    original_variant = Linear.resolve_lora_variant
    Linear.resolve_lora_variant = on_any_weight
    original = bases.load
    for name in sys.argv[1:] or ALL:
        options, case = ALL[name]
        bases.load = loading(original, options)
        golden.write(name, case, quantization=options)
        path = setting.GOLDEN / name / "expected.safetensors"
        tensors = load_file(path)
        if not getattr(case.config, "use_qalora", False):
            tensors.pop("merged_logits")  # a quantised weight takes no other adapter in
        setting.write_tensors(path, tensors)
