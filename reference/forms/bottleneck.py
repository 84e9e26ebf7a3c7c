"""Bottleneck adapters: up(σ(down(x))) after a sublayer of a transformer. Houlsby et al. 2019 (arXiv:1902.00751), Pfeiffer et al. 2020
(arXiv:2005.00247), He et al. 2021 (arXiv:2110.04366); names and order of operations as in the `adapters` library.

A sublayer, attention or feed-forward, turns its input `residual` into `hidden`. Without an adapter, the block goes on with `hidden + residual`, or with
its norm in a model that normalises after the sum (here: `layer_norm` among the parameters). With an adapter after the sublayer:

1. original_ln_before: the sum, or its norm, is made first and is what the adapter sees; else it sees `hidden`.
2. The adapter's own connection starts from `hidden` before step 1 (residual_before_ln true), from the sum before its norm ("post_add"), or from
   what the adapter sees (false).
3. z = scaling · up(σ(down(x))), with a norm of its own before `down` (ln_before). A norm of its own after it (ln_after), of z, or of z + connection
   (adapter_residual_before_ln). The connection is added where it was not.
4. original_ln_after: `residual` is added, and normalised by `layer_norm` where the model does.

A parallel adapter sees `residual`; its z (after ln_after) is added to `hidden`, and step 4 follows.
"""

from collections.abc import Callable

import torch
from torch.nn.functional import gelu, layer_norm, linear, relu, silu

from forms.form import Form, Tensors

FEATURES, WIDTH = 8, 3
NON_LINEARITIES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": relu,
    "gelu": gelu,
    "swish": silu,
    "tanh": torch.tanh,
}
DEFAULTS = {
    "original_ln_before": False,
    "original_ln_after": True,
    "residual_before_ln": True,
    "adapter_residual_before_ln": False,
    "ln_before": False,
    "ln_after": False,
    "is_parallel": False,
    "scaling": 1.0,
}
HOULSBY = {**DEFAULTS, "non_linearity": "swish"}
PFEIFFER = {**DEFAULTS, "non_linearity": "relu", "original_ln_before": True}
PARALLEL = {**DEFAULTS, "non_linearity": "relu", "is_parallel": True, "scaling": 4.0}

Projections = Callable[[str, torch.Tensor], torch.Tensor]
"""By "down" or "up" and an input, its projection."""


def norm(tensors: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    """The norm of that name, or x where there is none. Its eps is 1e-5."""
    if f"{name}.weight" not in tensors:
        return x
    return layer_norm(x, x.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"], eps=1e-5)


def bottleneck(tensors: Tensors, settings: dict, project: Projections, x: torch.Tensor) -> torch.Tensor:
    scaling = tensors["scaling"] if settings["scaling"] in ("learned", "channel") else settings["scaling"]
    inner = NON_LINEARITIES[settings["non_linearity"]](project("down", norm(tensors, "norm_before", x)))
    return scaling * project("up", inner)


def sublayer(tensors: Tensors, settings: dict, project: Projections) -> torch.Tensor:
    hidden, residual = tensors["hidden"], tensors["residual"]
    if settings["is_parallel"]:
        result = hidden + norm(tensors, "norm_after", bottleneck(tensors, settings, project, residual))
    else:
        seen = norm(tensors, "layer_norm", hidden + residual) if settings["original_ln_before"] else hidden
        connection = {True: hidden, "post_add": hidden + residual, False: seen}[settings["residual_before_ln"]]
        result = bottleneck(tensors, settings, project, seen)
        if settings["adapter_residual_before_ln"]:
            result = norm(tensors, "norm_after", result + connection)
        else:
            result = norm(tensors, "norm_after", result) + connection
    return norm(tensors, "layer_norm", result + residual) if settings["original_ln_after"] else result


def dense(tensors: Tensors) -> Projections:
    return lambda name, x: linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def form(description: str, kind: dict, model_norm: bool = False, **changes: object) -> Form:
    settings = {**kind, **changes}
    shapes: dict[str, tuple[int, ...]] = {
        "hidden": (2, 3, FEATURES),
        "residual": (2, 3, FEATURES),
        "down.weight": (WIDTH, FEATURES),
        "down.bias": (WIDTH,),
        "up.weight": (FEATURES, WIDTH),
        "up.bias": (FEATURES,),
    }
    norms = {"layer_norm": model_norm, "norm_before": settings["ln_before"], "norm_after": settings["ln_after"]}
    for name in [name for name, present in norms.items() if present]:
        shapes.update({f"{name}.weight": (FEATURES,), f"{name}.bias": (FEATURES,)})
    if settings["scaling"] in ("learned", "channel"):
        shapes["scaling"] = (1,) if settings["scaling"] == "learned" else (FEATURES,)
    return Form(description, shapes, lambda tensors: sublayer(tensors, settings, dense(tensors)), settings)


ALL = {
    "bottleneck_houlsby": form("Houlsby in a model that normalises before its sublayers", HOULSBY),
    "bottleneck_houlsby_norm": form("Houlsby in a model that normalises after the sum", HOULSBY, model_norm=True),
    "bottleneck_pfeiffer": form("Pfeiffer in a model that normalises before its sublayers", PFEIFFER),
    "bottleneck_pfeiffer_norm": form("Pfeiffer in a model that normalises after the sum", PFEIFFER, model_norm=True),
    "bottleneck_parallel": form("Parallel, in a model that normalises before its sublayers", PARALLEL),
    "bottleneck_parallel_norm": form("Parallel, in a model that normalises after the sum", PARALLEL, model_norm=True),
    "bottleneck_gelu_scaled": form("gelu (exact), scaling 0.5", HOULSBY, non_linearity="gelu", scaling=0.5),
    "bottleneck_tanh_learned": form("tanh, one learned scaling", HOULSBY, non_linearity="tanh", scaling="learned"),
    "bottleneck_channel": form("A learned scaling for each feature", PFEIFFER, scaling="channel"),
    "bottleneck_ln_before": form("A norm of its own before", HOULSBY, ln_before=True),
    "bottleneck_ln_after": form("A norm of its own after, then the connection", HOULSBY, ln_after=True),
    "bottleneck_residual_before_ln": form(
        "The connection, then a norm of its own after", HOULSBY, ln_after=True, adapter_residual_before_ln=True
    ),
    "bottleneck_no_ln_after": form("The block's own sum is not made again", PFEIFFER, original_ln_after=False),
    "bottleneck_residual_after": form(
        "The connection starts behind the model's norm", PFEIFFER, model_norm=True, residual_before_ln=False
    ),
    "bottleneck_residual_post_add": form(
        "The connection starts between the sum and its norm", PFEIFFER, model_norm=True, residual_before_ln="post_add"
    ),
    "bottleneck_parallel_ln_after": form("Parallel with norms of its own", PARALLEL, ln_before=True, ln_after=True),
}
