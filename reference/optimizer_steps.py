"""Writes what optimizers make of the same gradients: python optimizer_steps.py. Needs bitsandbytes.

Element i of a tensor has the gradient 0.01·(1 + i mod 7)·sin(0.1·t + 0.37·i + k) at step t, in tensor number k.
"""

import setting  # first: sets the environment

from collections.abc import Callable
from pathlib import Path

import bitsandbytes.functional as bnb
import torch
from transformers.optimization import Adafactor

FILE = Path(__file__).parent.parent / "peft-train/src/test/resources/optimizers/steps.safetensors"
SHAPES = [(68, 61), (13,), (2, 5, 7), (9, 31)]
RATE, DECAY = 0.01, 0.1
STEPS = [1, 100]


def gradient(number: int, shape: tuple, step: int) -> torch.Tensor:
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (0.01 * (1 + i % 7) * torch.sin(0.1 * step + 0.37 * i + number)).reshape(shape)


def starts(dtype: torch.dtype) -> list[torch.nn.Parameter]:
    return [
        torch.nn.Parameter(torch.randn(shape, generator=setting.generator(f"optimizer {k}"), dtype=torch.float32).mul(0.05).to(dtype))
        for k, shape in enumerate(SHAPES)
    ]


def run(step_of: Callable[[list[torch.nn.Parameter]], Callable[[int], None]], dtype: torch.dtype) -> dict[int, torch.Tensor]:
    parameters = starts(dtype)
    make_step = step_of(parameters)
    results = {}
    for step in range(1, max(STEPS) + 1):
        for k, parameter in enumerate(parameters):
            parameter.grad = gradient(k, SHAPES[k], step).to(dtype)
        make_step(step)
        if step in STEPS:
            results[step] = torch.cat([parameter.detach().flatten() for parameter in parameters])
    return results


def of(optimizer: Callable[[list], torch.optim.Optimizer]) -> Callable:
    def step_of(parameters: list) -> Callable[[int], None]:
        made = optimizer(parameters)
        return lambda step: made.step()

    return step_of


def decayed_sgd(parameters: list) -> Callable[[int], None]:
    """PyTorch's SGD with a decay that is decoupled from the gradient."""
    made = torch.optim.SGD(parameters, lr=RATE, momentum=0.9)

    def step(number: int) -> None:
        with torch.no_grad():
            for parameter in parameters:
                parameter.mul_(1 - RATE * DECAY)
        made.step()

    return step


def lion(parameters: list) -> Callable[[int], None]:
    states = [torch.zeros_like(parameter) for parameter in parameters]

    def step(number: int) -> None:
        for parameter, state in zip(parameters, states):
            update(parameter, state, number)

    def update(parameter: torch.nn.Parameter, state: torch.Tensor, number: int) -> None:
        torch.ops.bitsandbytes.optimizer_update_32bit(
            "lion", parameter.grad, parameter.data, state, None, None, 0.0, 0.0, 0.9, 0.99, 0.0, 0.0, 0.0, DECAY, number, RATE, 1.0, False
        )

    return step


def eight_bits(parameters: list, states: list | None = None) -> Callable[[int], None]:
    signed, unsigned = bnb.create_dynamic_map(signed=True), bnb.create_dynamic_map(signed=False)
    for parameter in parameters:
        if parameter.numel() < 4096:
            state = [torch.zeros_like(parameter), torch.zeros_like(parameter)]
        else:
            blocks = -(-parameter.numel() // 256)
            state = [torch.zeros_like(parameter, dtype=torch.uint8) for _ in range(2)] + [torch.zeros(blocks) for _ in range(2)]
        states.append(state)

    def step(number: int) -> None:
        for parameter, state in zip(parameters, states):
            if len(state) == 2:
                torch.ops.bitsandbytes.optimizer_update_32bit(
                    "adam", parameter.grad, parameter.data, *state, None, 0.0, 0.0, 0.9, 0.999, 0.0, 0.0, 1e-8, DECAY, number, RATE, 1.0, False
                )
            else:
                torch.ops.bitsandbytes.optimizer_update_8bit_blockwise(
                    "adam", parameter.grad, parameter.data, *state[:2], 0.9, 0.999, 0.0, 0.0, 1e-8, number, RATE, signed, unsigned, *state[2:], DECAY, 1.0, False
                )

    return step


def adafactor(relative: bool) -> Callable:
    options = dict(scale_parameter=True, relative_step=True) if relative else dict(lr=RATE, scale_parameter=False, relative_step=False, weight_decay=DECAY)
    return of(lambda parameters: Adafactor(parameters, **options))


if __name__ == "__main__":
    states: list = []
    double, single = torch.float64, torch.float32
    results = {
        "adamw": run(of(lambda p: torch.optim.AdamW(p, lr=RATE, weight_decay=DECAY)), double),
        "sgd": run(decayed_sgd, double),
        "lion": run(lion, single),
        "adafactor": run(adafactor(False), double),
        "adafactor_relative": run(adafactor(True), double),
        "adamw-8bit": run(lambda p: eight_bits(p, states), single),
    }
    tensors = {f"{name}.{step}": value.float() for name, steps in results.items() for step, value in steps.items()}
    tensors["start"] = torch.cat([parameter.detach().flatten() for parameter in starts(single)])
    first, second, first_factors, second_factors = states[0]
    tensors.update(first=first.flatten(), second=second.flatten(), first_factors=first_factors, second_factors=second_factors)
    tensors["unsigned"] = bnb.create_dynamic_map(signed=False)
    setting.write_tensors(FILE, tensors)
