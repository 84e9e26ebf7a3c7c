"""Writes checkpoints in fewer bits and the logits of their models: python quantized_files.py. Needs the bases and bitsandbytes.

bitsandbytes' forms are what transformers saves. GPTQ's and AWQ's are packed here as their papers' programs lay them out.
"""

import setting  # first: sets the environment

import json
import shutil

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

import bases

FOLDER = setting.GOLDEN / "quantized_files"
BASE = "llama"
IDS = torch.tensor([[5, 17, 3, 44, 9, 30, 2, 11], [8, 8, 25, 50, 1, 0, 13, 21]])
BITS_AND_BYTES = {
    "nf4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4"),
    "nf4_double": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
    "fp4_skipping": dict(load_in_4bit=True, bnb_4bit_quant_type="fp4", llm_int8_skip_modules=["up_proj", "lm_head"]),
    "int8": dict(load_in_8bit=True, llm_int8_threshold=1.5),
}
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]
# quantization_config, the shift of stored zero points, and whether groups take inputs in another order
PACKED = {
    "gptq": (dict(quant_method="gptq", bits=4, group_size=16, desc_act=False, sym=False, checkpoint_format="gptq"), 1, False),
    "gptq_order": (dict(quant_method="gptq", bits=4, group_size=8, desc_act=True, sym=False), 1, True),
    "gptq_8": (dict(quant_method="gptq", bits=8, group_size=-1, desc_act=False, sym=True, checkpoint_format="gptq_v2"), 0, False),
    "awq": (dict(quant_method="awq", bits=4, group_size=8, zero_point=True, version="gemm"), 0, False),
}


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(IDS).logits.float()


def dense(state: dict[str, torch.Tensor]) -> torch.Tensor:
    """The logits of the base with other weights."""
    model = bases.load(BASE)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected, unexpected
    return logits(model)


def rounding(model: torch.nn.Module, names: set[str], threshold: float) -> torch.nn.Module:
    """A model whose linear maps of these names round their inputs as LLM.int8() does, but from FP32."""

    def rounded(module: torch.nn.Module, inputs: tuple) -> torch.Tensor:
        x = inputs[0].reshape(-1, inputs[0].shape[-1])
        codes, factors, outliers = bnb.int8_vectorwise_quant(x.clone(), threshold=threshold)
        result = codes.float() * factors[:, None] / 127
        result[:, outliers] = x[:, outliers]
        return result.reshape(inputs[0].shape)

    for path, module in model.named_modules():
        if f"{path}.weight" in names:
            module.register_forward_pre_hook(rounded)
    return model


def of_bits_and_bytes(name: str, options: dict) -> dict[str, torch.Tensor]:
    folder = FOLDER / name
    model = AutoModelForCausalLM.from_pretrained(
        setting.GOLDEN / "bases" / BASE, quantization_config=BitsAndBytesConfig(**options), dtype=torch.float32
    )
    expected = {"logits": logits(model)}
    model.save_pretrained(folder)
    widened = {}
    for path, module in model.named_modules():
        if hasattr(module.__dict__.get("weight", getattr(module, "weight", None)), "SCB"):
            weight = module.weight
            codes, factors = (weight.CB, weight.SCB) if weight.SCB is not None else (module.state.CB, module.state.SCB)
            widened[f"{path}.weight"] = codes.float() * factors[:, None] / 127
    if widened:
        expected["widened_logits"] = dense(widened)
        model = rounding(bases.load(BASE), set(widened), options["llm_int8_threshold"])
        model.load_state_dict(widened, strict=False)
        expected["rounded_logits"] = logits(model)
    return expected


def words(values: torch.Tensor, bits: int, order: list[int]) -> torch.Tensor:
    """Packs the last axis into words of 32 bits; the place in its word of a value is that of its number in order."""
    count = 32 // bits
    grouped = values.reshape(*values.shape[:-1], -1, count).long()[..., order]
    packed = sum(grouped[..., place] << (place * bits) for place in range(count))
    return torch.where(packed >= 2**31, packed - 2**32, packed).to(torch.int32)


def packed(weight: torch.Tensor, config: dict, shift: int, reorder: bool, generator: torch.Generator) -> tuple[dict, torch.Tensor]:
    """The tensors of a weight, and its values."""
    bits, out, features = config["bits"], *weight.shape
    size = config["group_size"] if config["group_size"] > 0 else features
    groups = -(-features // size)
    order = torch.randperm(features, generator=generator) if reorder else torch.arange(features)
    group_of = torch.empty(features, dtype=torch.int32)
    group_of[order] = (torch.arange(features) // size).to(torch.int32)
    most = 2**bits - 1
    scales, zeros = torch.empty(groups, out), torch.empty(groups, out)
    for group in range(groups):
        part = weight[:, group_of == group]
        low, high = part.amin(1).clamp(max=0), part.amax(1).clamp(min=0)
        scales[group] = ((high - low) / most).half().float()
        zeros[group] = torch.round(-low / scales[group]).clamp(shift, most)  # one less is stored
    s, z = scales[group_of.long()].T, zeros[group_of.long()].T  # [out, in]
    codes = torch.clamp(torch.round(weight / s) + z, 0, most)
    values = s * (codes - z)
    plain = list(range(32 // bits))
    if config["quant_method"] == "awq":
        tensors = {"qweight": words(codes.T, bits, AWQ_ORDER), "qzeros": words(zeros, bits, AWQ_ORDER)}
    else:
        tensors = {"qweight": words(codes, bits, plain).T, "qzeros": words(zeros - shift, bits, plain), "g_idx": group_of}
    return {**tensors, "scales": scales.half()}, values


def of_groups(name: str, config: dict, shift: int, reorder: bool) -> dict[str, torch.Tensor]:
    folder = FOLDER / name
    state = load_file(setting.GOLDEN / "bases" / BASE / "model.safetensors")
    generator = setting.generator(name)
    tensors, widened = {}, {}
    for key, value in state.items():
        if value.dim() == 2 and "embed" not in key and "lm_head" not in key:
            parts, widened[key] = packed(value.float(), config, shift, reorder, generator)
            tensors.update({f"{key.removesuffix('weight')}{part}": tensor for part, tensor in parts.items()})
        else:
            tensors[key] = value
    folder.mkdir(parents=True)
    setting.write_tensors(folder / "model.safetensors", {key: value.contiguous() for key, value in tensors.items()})
    settings = json.loads((setting.GOLDEN / "bases" / BASE / "config.json").read_text())
    setting.write_json(folder / "config.json", {**settings, "quantization_config": config})
    return {"logits": dense(widened)}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, options in BITS_AND_BYTES.items():
        setting.write_tensors(FOLDER / name / "expected.safetensors", {**of_bits_and_bytes(name, options), "input_ids": IDS})
    for name, options in PACKED.items():
        setting.write_tensors(FOLDER / name / "expected.safetensors", {**of_groups(name, *options), "input_ids": IDS})
