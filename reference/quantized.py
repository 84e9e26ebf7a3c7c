"""Writes codes, constants and values of bitsandbytes' formats of 4 and 8 bits, and of integers by groups: python quantized.py.

Needs bitsandbytes; its functions run on the CPU.
"""

import setting  # first: sets the environment

from pathlib import Path

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parent.parent / "peft-core/src/test/resources/quantized"
CASES = {
    "nf4.64": ((6, 40), dict(quant_type="nf4", blocksize=64)),
    "nf4.32": ((5, 32), dict(quant_type="nf4", blocksize=32)),
    "nf4.128": ((130, 7), dict(quant_type="nf4", blocksize=128)),
    "nf4.4096": ((9, 41), dict(quant_type="nf4", blocksize=4096)),
    "nf4.odd": ((3, 7), dict(quant_type="nf4", blocksize=64)),
    "nf4.double": ((130, 65), dict(quant_type="nf4", blocksize=32, compress_statistics=True)),
    "nf4.double_odd": ((9, 41), dict(quant_type="nf4", blocksize=32, compress_statistics=True)),
    "fp4.64": ((6, 40), dict(quant_type="fp4", blocksize=64)),
    "fp4.odd": ((3, 7), dict(quant_type="fp4", blocksize=64)),
    "fp4.double": ((20, 64), dict(quant_type="fp4", blocksize=128, compress_statistics=True)),
}


def weight(name: str, shape: tuple) -> torch.Tensor:
    """Normal numbers, some of them on the border between two codes, an outlier and, where there is room, a block of zeros."""
    values = torch.randn(shape, generator=setting.generator(name)).flatten()
    values[3] = 9.5
    values[5:9] = torch.tensor([0.0, -0.0, 9.5 * 0.0397901478, -9.5 * 0.8480964004993439])
    if values.numel() > 200:
        values[64:128] = 0
    return values.reshape(shape)


# Bits, the size of groups, zero points.
GROUPS = {
    "groups.4": (4, 32, True),
    "groups.4_symmetric": (4, 64, False),
    "groups.8": (8, 32, True),
    "groups.8_symmetric": (8, 128, False),
}
THRESHOLDS = [0.0, 1.5, 6.0]


def four_bits() -> dict[str, torch.Tensor]:
    tensors = {"dynamic": bnb.create_dynamic_map()}
    for name, (shape, options) in CASES.items():
        values = weight(name, shape)
        codes, state = bnb.quantize_4bit(values, **options)
        tensors[f"{name}.weight"] = values
        tensors[f"{name}.codes"] = codes.flatten()
        tensors[f"{name}.values"] = bnb.dequantize_4bit(codes, state)
        tensors[f"{name}.absmax"] = state.absmax
        if state.nested:
            tensors[f"{name}.nested_absmax"] = state.state2.absmax
            tensors[f"{name}.nested_offset"] = state.offset.reshape(1)
    return tensors


def rows() -> dict[str, torch.Tensor]:
    """Codes and factors of rows, and LLM.int8()'s products of inputs in FP32."""
    values = torch.randn(21, 45, generator=setting.generator("rows"))
    values[4, 3] = 9.5
    values[5] = values[5].clamp(-0.4, 0.4)
    values[5, :2] = torch.tensor([0.4091796875, -0.20458984375])  # halfway between two codes, but for the rounding of 1/a
    codes, factors, _ = bnb.int8_vectorwise_quant(values.half())
    tensors = {
        "rows.weight": values,
        "rows.codes": codes,
        "rows.factors": factors,
        "rows.values": bnb.int8_vectorwise_dequant(codes, factors),
    }
    x = torch.randn(7, 45, generator=setting.generator("inputs"))
    x[2, 5], x[4, 5], x[6, 11] = 7.25, -1.75, -6.0
    tensors["inputs"] = x
    for threshold in THRESHOLDS:
        rounded, stats, outliers = bnb.int8_vectorwise_quant(x.clone(), threshold=threshold)
        exact = rounded.double() @ codes.double().T  # the product of integers
        y = exact * (stats.double()[:, None] * factors.double()[None]) / 127**2
        if outliers is not None:
            y += x.double()[:, outliers] @ (codes.double()[:, outliers].T * factors.double()[None] / 127)
        tensors[f"outputs.{threshold:g}"] = y.float()
    return tensors


def group(values: torch.Tensor, bits: int, zero_points: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes and values of a group, as GPTQ and QA-LoRA round to the nearest."""
    most = 2**bits - 1
    if zero_points:
        low, high = values.min().clamp(max=0), values.max().clamp(min=0)
        scale = (high - low) / most
        zero = torch.round(-low / scale)
    else:
        scale, zero = values.abs().max() / (most // 2), torch.tensor(float(most // 2 + 1))
    codes = torch.clamp(torch.round(values / scale) + zero, 0, most)
    return codes, scale * (codes - zero)


def groups() -> dict[str, torch.Tensor]:
    tensors = {}
    for name, (bits, size, zero_points) in GROUPS.items():
        values = torch.randn(9, 2 * size + 13, generator=setting.generator(name)) + 0.3
        values[2, :5] = torch.tensor([4.0, -3.0, 0.0, -0.0, 1e-9])
        results = [[group(part, bits, zero_points) for part in row.split(size)] for row in values]
        tensors[f"{name}.weight"] = values
        tensors[f"{name}.codes"] = torch.stack([torch.cat([codes for codes, _ in row]) for row in results]).to(torch.uint8)
        tensors[f"{name}.values"] = torch.stack([torch.cat([part for _, part in row]) for row in results])
    return tensors


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, tensors in {"golden": four_bits(), "integers": {**rows(), **groups()}}.items():
        save_file({key: value.contiguous() for key, value in tensors.items()}, FOLDER / f"{file}.safetensors")
