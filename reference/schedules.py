"""Writes the factors of transformers' schedules: python schedules.py"""

import json
from pathlib import Path

import torch
from transformers import get_scheduler

FILE = Path(__file__).parent / "../peft-train/src/test/resources/schedules.json"
RATE = 0.37

# The name here, that of transformers, and its arguments.
KINDS = [
    ("constant", "constant_with_warmup", {}),
    ("linear", "linear", {}),
    ("cosine", "cosine", {}),
    ("cosine-with-restarts", "cosine_with_restarts", {"num_cycles": 2}),
    ("cosine-with-restarts:cycles=3", "cosine_with_restarts", {"num_cycles": 3}),
    ("cosine-to-floor:floor=0.13", "cosine_with_min_lr", {"min_lr_rate": 0.13}),
    ("polynomial", "polynomial", {"lr_end": 0.0}),
    ("polynomial:power=2.5,floor=0.2", "polynomial", {"power": 2.5, "lr_end": 0.2 * RATE}),
    ("inverse-square-root", "inverse_sqrt", {}),
    ("inverse-square-root:timescale=7", "inverse_sqrt", {"timescale": 7}),
    ("warmup-stable-decay:decay=9", "warmup_stable_decay", {"num_decay_steps": 9}),
    (
        "warmup-stable-decay:decay=12,shape=linear,floor=0.15",
        "warmup_stable_decay",
        {"num_decay_steps": 12, "decay_type": "linear", "min_lr_ratio": 0.15},
    ),
    (
        "warmup-stable-decay:decay=5,shape=square-root,floor=0.3",
        "warmup_stable_decay",
        {"num_decay_steps": 5, "decay_type": "1-sqrt", "min_lr_ratio": 0.3},
    ),
]


def factors(kind: str, arguments: dict, warmup: int, total: int) -> list[float]:
    """The factor of each step, and of three after the last."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    scheduler = get_scheduler(
        kind, optimizer, num_warmup_steps=warmup, num_training_steps=total, scheduler_specific_kwargs=arguments
    )
    return [scheduler.lr_lambdas[0](step) for step in range(total + 4)]


cases = [
    {"schedule": name, "warmup": warmup, "total": total, "factors": factors(kind, arguments, warmup, total)}
    for name, kind, arguments in KINDS
    for warmup, total in [(0, 17), (5, 29)]
]
FILE.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
