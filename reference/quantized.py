"""Writes codes, constants and values of bitsandbytes' 4-bit formats: python quantized.py. Needs bitsandbytes; its functions run on the CPU."""

import setting  # first: sets the environment

from pathlib import Path

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file

FILE = Path(__file__).parent.parent / "peft-core/src/test/resources/quantized/golden.safetensors"
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


if __name__ == "__main__":
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
    FILE.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, FILE)
