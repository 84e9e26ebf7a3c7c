"""Writes the golden safetensors file of peft-core's tests.

Pinned: torch 2.13.0, safetensors 0.8.0. Values are fixed, so that running this again gives the same bytes.
Usage: python reference/safetensors_golden.py
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "peft-core/src/test/resources/safetensors/golden.safetensors"

FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 65504.0, 6e-8, 3.0e-5, float("inf"), float("-inf")]

tensors = {
    f"floats.{name}": torch.tensor(FLOATS, dtype=torch.float64).to(dtype).reshape(2, 5)
    for name, dtype in {
        "f64": torch.float64,
        "f32": torch.float32,
        "f16": torch.float16,
        "bf16": torch.bfloat16,
    }.items()
}
tensors |= {
    "integers.i64": torch.tensor([-(2**63), -1, 0, 2**63 - 1], dtype=torch.int64),
    "integers.i32": torch.tensor([-(2**31), -1, 0, 2**31 - 1], dtype=torch.int32),
    "integers.i16": torch.tensor([-(2**15), -1, 0, 2**15 - 1], dtype=torch.int16),
    "integers.i8": torch.tensor([-128, -1, 0, 127], dtype=torch.int8),
    "integers.u8": torch.tensor([0, 1, 128, 255], dtype=torch.uint8),
    "integers.u16": torch.tensor([0, 1, 2**15, 2**16 - 1], dtype=torch.uint16),
    "integers.u32": torch.tensor([0, 1, 2**31, 2**32 - 1], dtype=torch.uint32),
    "integers.u64": torch.tensor([0, 1, 2**31, 2**63 - 1], dtype=torch.uint64),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
    "naïve \"name\"": torch.ones(1),
}

OUT.parent.mkdir(parents=True, exist_ok=True)
save_file(tensors, OUT, metadata={"format": "pt"})
print(OUT, OUT.stat().st_size, "bytes")
