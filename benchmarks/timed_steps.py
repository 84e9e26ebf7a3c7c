"""Training steps of the Python side of unet.sh and vit.sh: their options, and one line of JSON for each step, as org.peft4j.benchmarks.picture.TimedSteps prints."""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch


def parser(description: str, rank: int) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--model", required=True, type=Path)
    options.add_argument("--steps", type=int, default=3)
    options.add_argument("--rank", type=int, default=rank)
    options.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    options.add_argument("--checkpointing", action="store_true")
    options.add_argument("--threads", type=int, default=2)
    return options


def peak() -> float:
    """The highest resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def run(model: torch.nn.Module, steps: int, precision: str, losses: Callable[[], Callable[[], torch.Tensor]]) -> None:
    """Adam on what trains, in FP32. Each call of losses makes a batch, and gives what computes its loss."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.Adam(trained, lr=1e-4)
    model.train()
    for _ in range(steps):
        compute = losses()
        start = time.perf_counter()
        used = sum(os.times()[:2])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = compute()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        row = {
            "seconds": round(time.perf_counter() - start, 2),
            "cpu_seconds": round(sum(os.times()[:2]) - used, 2),
            "peak_mb": round(peak()),
            "loss": round(loss.item(), 5),
        }
        print(json.dumps(row), flush=True)
