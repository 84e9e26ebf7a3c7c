"""What a closed form is: a function of named tensors, and the values of them that it is tried on."""

import setting  # first: sets the environment

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Form:
    description: str
    shapes: dict[str, tuple[int, ...]]
    """Of the inputs and parameters that the function takes. Entries are N(0, 1/4), those of a norm's weight around one."""
    function: Callable[[Tensors], torch.Tensor]
    settings: dict[str, object] = field(default_factory=dict)
    others: Callable[[Tensors], Tensors] = lambda tensors: {}
    """Further results, such as a merged weight, which are not differentiated."""
    frozen: tuple[str, ...] = ()
    """Arguments whose gradient is of no use."""

    def tensors(self, name: str) -> Tensors:
        """All that the golden file holds: arguments, output, and the gradients of Σ output · output_gradient."""
        arguments = {key: draw(f"{name}/{key}", key, shape) for key, shape in self.shapes.items()}
        output = self.function(arguments)
        weights = draw(f"{name}/output_gradient", "output_gradient", tuple(output.shape))
        trained = {key: value for key, value in arguments.items() if key not in self.frozen}
        gradients = dict(zip(trained, torch.autograd.grad((output * weights).sum(), list(trained.values()))))
        for key, gradient in gradients.items():
            assert gradient.abs().max() > 1e-4, f"{name}: {key} has no gradient to speak of"
        with torch.no_grad():
            others = self.others(arguments)
        return {
            **arguments,
            "output": output,
            "output_gradient": weights,
            **{f"grad.{key}": gradient for key, gradient in gradients.items()},
            **others,
        }


def draw(seed: str, key: str, shape: tuple[int, ...]) -> torch.Tensor:
    values = torch.randn(shape, generator=setting.generator(seed), dtype=torch.float64) * 0.5
    if key.endswith("norm.weight") or "norm_" in key and key.endswith(".weight") or key == "scaling":
        values = values * 0.4 + 1
    return values.requires_grad_()
