"""How far a golden case, and what `peft forward --gradients` gave for it, is from the same computation in FP64:

    python double.py decoders/starcoder2_ia3 [OUTPUT.safetensors]

transformers computes norms, rotary positions and softmax in FP32 whatever the model's type is. In FP64 its eager attention then gives NaN: the mask of a query that
sees no key, the smallest number of FP64, is minus infinity in FP32. Here all of it is FP64.
"""

import setting  # first: sets the environment

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

import golden


def keep_double() -> None:
    """Makes PyTorch's conversions to FP32 conversions to FP64."""
    softmax, to = torch.nn.functional.softmax, torch.Tensor.to

    def double_softmax(x, dim=None, _stacklevel=3, dtype=None):
        return softmax(x, dim=dim, dtype=torch.float64)

    def double_to(x, *arguments, **keywords):
        single = torch.float32 in arguments or keywords.get("dtype") is torch.float32
        return x.double() if single else to(x, *arguments, **keywords)

    torch.nn.functional.softmax = double_softmax
    torch.Tensor.to = double_to
    torch.Tensor.float = torch.Tensor.double


def main(name: str, *outputs: str) -> None:
    case, folder = golden.ALL[name], setting.GOLDEN / name
    inputs, expected = (load_file(folder / f"{each}.safetensors") for each in ("inputs", "expected"))
    model = golden.reload(case, [folder / "adapter"]).double()
    keep_double()
    result = golden.run(model, inputs)
    result.loss.backward()
    gradients = golden.keyed(model, {key: parameter.grad for key, parameter in golden.distinct(model).items()})
    exact = {"logits": golden.logits(result), **{f"grad.{key}": value for key, value in gradients.items()}}
    found = [expected, *(load_file(Path(path)) for path in outputs)]
    mask = inputs.get("decoder_attention_mask", inputs["attention_mask"]).bool()
    for key, value in exact.items():
        shown = mask if key == "logits" and value.dim() > 2 else slice(None)
        errors = [((each[key].double() - value)[shown].abs().max() / value.abs().max()).item() for each in found]
        print(f"{key:80}" + "".join(f"{error:10.1e}" for error in errors))


if __name__ == "__main__":
    main(*sys.argv[1:])
