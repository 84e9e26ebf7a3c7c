"""Writes the golden files of torch.save of peft-core's tests: one state dict in both forms of the format, and as safetensors.

Usage: python reference/torch_golden.py
"""

from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "peft-core/src/test/resources/torch"
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 65504.0, 6e-8, 3.0e-5]


def module() -> OrderedDict:
    """The state dict of a module: ordered, with the versions of its parts as an attribute."""
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict()


def tensors() -> OrderedDict:
    result = module()
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        result[f"floats.{str(dtype)[6:]}"] = torch.tensor(FLOATS, dtype=torch.float64).to(dtype).reshape(2, 4)
    result["int64"] = torch.tensor([-(2**63), -1, 0, 2**63 - 1], dtype=torch.int64)
    result["int32"] = torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)
    result["int16"] = torch.tensor([-(2**15), 2**15 - 1], dtype=torch.int16)
    result["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
    result["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    result["bool"] = torch.tensor([True, False, True])
    numbers = torch.arange(24, dtype=torch.float32)
    result["parameter"] = torch.nn.Parameter(numbers[:4].clone())
    result["whole"] = numbers.reshape(4, 6)
    result["rows"] = numbers.reshape(4, 6)[1:3]
    result["columns"] = numbers.reshape(4, 6)[:, 2:5]
    result["transposed"] = numbers.reshape(4, 6).T
    result["permuted"] = numbers.reshape(2, 3, 4).permute(2, 0, 1)
    result["one_column"] = numbers.reshape(4, 6)[:, :1]
    result["scalar"] = torch.tensor(2.5)
    result["empty"] = torch.zeros(0, 4)
    return result


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    state = tensors()
    torch.save(state, OUT / "archive.bin")
    torch.save(state, OUT / "legacy.bin", _use_new_zipfile_serialization=False)
    save_file({name: value.detach().clone().contiguous() for name, value in state.items()}, OUT / "golden.safetensors")
    torch.save({"epoch": 3, "model": state["parameter"].detach()}, OUT / "training.bin")
    torch.save(torch.nn.Linear(2, 2), OUT / "module.bin")
