"""What every script here shares: one thread, no network, seeds drawn from names, and the folders of the golden files.

Import this module before torch or transformers.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import json
import warnings
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file

warnings.simplefilter("ignore")  # of what the cases do on purpose
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

GOLDEN = Path(__file__).resolve().parent.parent / "peft-transformers/src/test/resources/golden"
BASES = GOLDEN / "bases"


def generator(name: str) -> torch.Generator:
    """A random generator whose seed is the CRC-32 of a name: the same tensor gets the same values in every run."""
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def normal(name: str, like: torch.Tensor, scale: float) -> torch.Tensor:
    """A tensor of like's shape and type with entries N(0, scale²)."""
    return torch.randn(like.shape, generator=generator(name), dtype=torch.float32).mul_(scale).to(like.dtype)


def write_tensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.detach().clone().contiguous() for key, value in tensors.items()}, path)


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def sort_sets(path: Path) -> None:
    """Sorts the lists of an adapter_config.json that are sets to PEFT, whose order it leaves to chance."""
    config = json.loads(path.read_text(encoding="utf-8"))
    for key in ("target_modules", "exclude_modules", "feedforward_modules"):
        if isinstance(config.get(key), list):
            config[key].sort()
    write_json(path, config)
