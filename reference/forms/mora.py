"""MoRA (Jiang et al. 2024, arXiv:2405.12130): ΔW·x = decompress(M·compress(x)) with one square matrix M [r̂, r̂].

r̂ = ⌊√((inputs + outputs)·r) + ½⌋, so that M has about as many numbers as LoRA of rank r; for the rotation the next even number below.
Neither kind has a scaling. Where r̂ does not divide the inputs, x goes on with its own first entries.

Sharing (type 1, equation 6): compress(x)ᵢ = Σₖ x[k·r̂ + i]; output j is entry j mod r̂ of M·compress(x).

Rotation (type 6, equation 9): x in groups of r̂ consecutive entries; group k is turned as by rotary embeddings at position k, entry i together
with entry i + r̂/2 by the angle k·10000^(-2i/r̂); M multiplies each group; the results one after the other are the output, cut off where
there are too many, and repeated from the start where there are too few.
"""

from math import sqrt

import torch

from forms.form import Form, Tensors


def size(inputs: int, outputs: int, rank: int, even: bool) -> int:
    result = int(sqrt((inputs + outputs) * rank) + 0.5)
    return result - result % 2 if even else result


def groups(x: torch.Tensor, width: int) -> torch.Tensor:
    """[..., features] to [..., groups, width], beginning anew where features run out."""
    features = x.shape[-1]
    count = -(-features // width)
    return x[..., torch.arange(count * width) % features].unflatten(-1, (count, width))


def sharing(x: torch.Tensor, matrix: torch.Tensor, outputs: int) -> torch.Tensor:
    width = len(matrix)
    small = groups(x, width).sum(dim=-2) @ matrix.T
    return small[..., torch.arange(outputs) % width]


def rotation(x: torch.Tensor, matrix: torch.Tensor, outputs: int) -> torch.Tensor:
    width = len(matrix)
    half = width // 2
    parts = groups(x, width)
    position = torch.arange(parts.shape[-2], dtype=torch.float64).unsqueeze(1)
    angle = position * 10_000.0 ** (-2 * torch.arange(half, dtype=torch.float64) / width)
    first, second = parts[..., :half], parts[..., half:]
    turned = torch.cat((first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()), dim=-1)
    long = (turned @ matrix.T).flatten(-2)
    return long[..., torch.arange(outputs) % long.shape[-1]]


def form(description: str, kind, inputs: int, outputs: int, rank: int) -> Form:
    width = size(inputs, outputs, rank, even=kind is rotation)

    def delta_weight(tensors: Tensors) -> Tensors:
        return {"delta_weight": kind(torch.eye(inputs, dtype=torch.float64), tensors["matrix"], outputs).T}

    return Form(
        description,
        {"x": (2, 3, inputs), "matrix": (width, width)},
        lambda tensors: kind(tensors["x"], tensors["matrix"], outputs),
        {"type": 6 if kind is rotation else 1, "r": rank, "inputs": inputs, "outputs": outputs, "r_hat": width},
        delta_weight,
    )


ALL = {
    "mora_sharing": form("Sharing; r̂ divides neither inputs nor outputs", sharing, 12, 20, 2),
    "mora_sharing_divides": form("Sharing; r̂ divides inputs and outputs", sharing, 16, 16, 2),
    "mora_sharing_wide": form("Sharing; r̂ larger than the outputs", sharing, 24, 8, 4),
    "mora_rotation": form("Rotation; fewer inputs than outputs, r̂ does not divide them", rotation, 10, 21, 1),
    "mora_rotation_divides": form("Rotation; as many inputs as outputs, r̂ divides them", rotation, 16, 16, 2),
    "mora_rotation_wide": form("Rotation; more inputs than outputs", rotation, 22, 9, 1),
}
