"""Compacter (Karimi Mahabadi et al. 2021, arXiv:2106.04647): bottleneck adapters whose projections are sums of Kronecker products.

y = x·H + b, H [inputs, outputs] = Σᵢ Aᵢ ⊗ Bᵢ for i below n, Aᵢ [n, n], Bᵢ [inputs / n, outputs / n]; of low rank k, Bᵢ = sᵢ·tᵢ with sᵢ [inputs / n, k] and
tᵢ [k, outputs / n]. The rule A [n, n, n] is one for the whole model.
"""

import torch

from forms import bottleneck
from forms.form import Form, Tensors

N, INPUTS, OUTPUTS = 4, 12, 8


def matrix(rule: torch.Tensor, blocks: torch.Tensor) -> torch.Tensor:
    return sum(torch.kron(a, b) for a, b in zip(rule, blocks))


def full_shapes(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.W": (N, inputs // N, outputs // N), f"{name}.b": (outputs,)}


def low_rank_shapes(name: str, inputs: int, outputs: int, rank: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.W_left": (N, inputs // N, rank),
        f"{name}.W_right": (N, rank, outputs // N),
        f"{name}.b": (outputs,),
    }


def project(tensors: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    blocks = tensors.get(f"{name}.W")
    if blocks is None:
        blocks = tensors[f"{name}.W_left"] @ tensors[f"{name}.W_right"]
    return x @ matrix(tensors["phm_rule"], blocks) + tensors[f"{name}.b"]


def layer(description: str, shapes: dict[str, tuple[int, ...]]) -> Form:
    def weight(tensors: Tensors) -> Tensors:
        zero = {**tensors, "layer.b": torch.zeros(OUTPUTS, dtype=torch.float64)}
        return {"matrix": project(zero, "layer", torch.eye(INPUTS, dtype=torch.float64))}

    return Form(
        description,
        {"x": (2, 3, INPUTS), "phm_rule": (N, N, N), **shapes},
        lambda tensors: project(tensors, "layer", tensors["x"]),
        {"phm_dim": N},
        weight,
    )


def block(description: str, kind: dict, rank: int) -> Form:
    settings = {**kind, "non_linearity": "gelu"}
    shapes = {
        "hidden": (2, 3, INPUTS),
        "residual": (2, 3, INPUTS),
        "phm_rule": (N, N, N),
        **low_rank_shapes("down", INPUTS, OUTPUTS, rank),
        **low_rank_shapes("up", OUTPUTS, INPUTS, rank),
    }

    def function(tensors: Tensors) -> torch.Tensor:
        return bottleneck.sublayer(tensors, settings, lambda name, x: project(tensors, name, x))

    return Form(description, shapes, function, {**settings, "phm_dim": N, "phm_rank": rank, "shared_phm_rule": True})


ALL = {
    "phm": layer("One layer, Bᵢ full", full_shapes("layer", INPUTS, OUTPUTS)),
    "phm_low_rank": layer("One layer, Bᵢ of rank 1", low_rank_shapes("layer", INPUTS, OUTPUTS, 1)),
    "phm_low_rank_two": layer("One layer, Bᵢ of rank 2", low_rank_shapes("layer", INPUTS, OUTPUTS, 2)),
    "compacter": block("Compacter: Houlsby with gelu; down and up share the rule", bottleneck.HOULSBY, 1),
    "compacter_plus_plus": block("Compacter++: Pfeiffer with gelu", bottleneck.PFEIFFER, 2),
}
