"""Delta-LoRA (Zi et al. 2023, arXiv:2309.02411): LoRA whose frozen weight follows. After each step of the optimizer, from B₀A₀ to B₁A₁:

W ← W + λ·(α/r)·(B₁A₁ - B₀A₀), and then y = W·x + (α/r)·B₁A₁·x. W itself gets no gradient.

Here a step is one of gradient descent on the sum of the output's entries.
"""

import torch

from forms.form import Form, Tensors

SETTINGS = {
    "delta_lora": {"r": 2, "alpha": 6.0, "lambda": 0.5, "learning_rate": 0.1, "steps": 1},
    "delta_lora_three_steps": {"r": 3, "alpha": 3.0, "lambda": 2.0, "learning_rate": 0.05, "steps": 3},
}
INPUTS, OUTPUTS = 6, 5


def form(settings: dict) -> Form:
    scaling, rank = settings["alpha"] / settings["r"], settings["r"]

    def output(tensors: Tensors) -> torch.Tensor:
        return tensors["x"] @ (tensors["weight"] + scaling * tensors["B"] @ tensors["A"]).T

    def trained(tensors: Tensors) -> Tensors:
        """After the steps: weight, A and B, and what they give."""
        a, b, weight = tensors["A"], tensors["B"], tensors["weight"]
        for _ in range(settings["steps"]):
            through = tensors["x"].reshape(-1, INPUTS).sum(dim=0).repeat(OUTPUTS, 1)  # ∂(Σ output)/∂(effective weight)
            rate = settings["learning_rate"] * scaling
            next_a, next_b = a - rate * b.T @ through, b - rate * through @ a.T
            weight = weight + settings["lambda"] * scaling * (next_b @ next_a - b @ a)
            a, b = next_a, next_b
        after = {"A": a, "B": b, "weight": weight}
        return {**{f"after.{key}": value for key, value in after.items()}, "after.output": output({**tensors, **after})}

    shapes = {"x": (2, 3, INPUTS), "weight": (OUTPUTS, INPUTS), "A": (rank, INPUTS), "B": (OUTPUTS, rank)}
    return Form("LoRA whose frozen weight follows", shapes, output, settings, trained, frozen=("weight",))


ALL = {name: form(settings) for name, settings in SETTINGS.items()}
