"""LoftQ's start as Hugging Face PEFT computes it: Q, A and B of random weights, for 4 and 8 bits, 1 and 5 iterations; and on models:

replaced   adapters beside a base in NF4, given their values by replace_lora_weights_loftq
alternated a base and its adapter after five iterations

PEFT computes it on an accelerator only; here its devices are the CPU.

    python loftq.py            needs the bases and quantized_files.py's output
"""

import setting  # first: sets the environment

from pathlib import Path

import bitsandbytes as bnb
import torch
from peft import LoraConfig, get_peft_model, replace_lora_weights_loftq
from peft.utils import loftq_utils
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import bases
from quantized_files import IDS

FILE = Path(__file__).parent.parent / "peft-lora/src/test/resources/loftq.safetensors"
RANK = 4
MODELS = setting.GOLDEN / "quantized_loftq"
SHAPES = {"wide": (24, 40), "tall": (56, 33)}


def on_the_cpu() -> None:
    """Lets the functions that ask for CUDA run on the CPU."""
    plain = torch.Tensor.to
    four_bits = bnb.nn.Params4bit.to

    def moved(args, kwargs):
        kwargs = {k: "cpu" if k == "device" else v for k, v in kwargs.items()}
        return tuple("cpu" if isinstance(a, str) or isinstance(a, torch.device) else a for a in args), kwargs

    def to(self, *args, **kwargs):
        args, kwargs = moved(args, kwargs)
        return plain(self, *args, **kwargs)

    def to_four_bits(self, *args, **kwargs):
        args, kwargs = moved(args, kwargs)
        return four_bits(self, *args, **kwargs)

    def to_eight_bits(self, *args, **kwargs):
        # As Int8Params does where there is CUDA: FP16, then codes by rows.
        codes, scales, _ = bnb.functional.int8_vectorwise_quant(plain(self.data, torch.float16))
        moved_self = bnb.nn.Int8Params(codes, requires_grad=False)
        moved_self.CB, moved_self.SCB = codes, scales
        return moved_self

    torch.Tensor.to = to
    bnb.nn.Params4bit.to = to_four_bits
    bnb.nn.Int8Params.to = to_eight_bits
    loftq_utils.clear_device_cache = lambda: None


def config(**more) -> LoraConfig:
    """With s = 1, the scale for which PEFT's values are LoftQ's."""
    return LoraConfig(r=RANK, lora_alpha=RANK, target_modules="all-linear", task_type="CAUSAL_LM", **more)


def parts(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Logits, and the product of each module, by its path."""
    with torch.no_grad():
        result = {"logits": model(IDS).logits.float()}
        for path, module in model.named_modules():
            if hasattr(module, "lora_A") and len(module.lora_A) > 0:
                product = module.lora_B["default"].weight @ module.lora_A["default"].weight
                result[path.removeprefix("base_model.model.")] = product.contiguous()
    return result


def of_models() -> None:
    base = setting.GOLDEN / "bases" / "llama"
    with torch.no_grad():
        plain = bases.load("llama")(IDS).logits.float()
    quantized = AutoModelForCausalLM.from_pretrained(setting.GOLDEN / "quantized_files" / "nf4", dtype=torch.float32)
    replaced = get_peft_model(quantized, config()).eval()
    before = parts(replaced)["logits"]
    replace_lora_weights_loftq(replaced, str(base))
    result = {"input_ids": IDS, "original": plain, "nf4": before}
    result.update({f"replaced.{key}": value for key, value in parts(replaced).items()})
    loftq = dict(loftq_bits=4, loftq_iter=5)
    alternated = get_peft_model(bases.load("llama"), config(init_lora_weights="loftq", loftq_config=loftq)).eval()
    result.update({f"alternated.{key}": value for key, value in parts(alternated).items()})
    for name in ("nf4", "replaced.logits", "alternated.logits"):
        print(name, torch.linalg.norm(result[name] - plain).item())
    setting.write_tensors(MODELS / "expected.safetensors", result)


def main() -> None:
    on_the_cpu()
    generator = torch.Generator().manual_seed(13)
    result = {}
    for name, shape in SHAPES.items():
        weight = torch.randn(shape, generator=generator) * 0.3
        result[f"{name}.weight"] = weight
        for bits in (4, 8):
            for iterations in (1, 5):
                quantized, a, b = loftq_utils.loftq_init(weight, bits, RANK, iterations)
                error = torch.linalg.norm(weight - quantized - b @ a)
                key = f"{name}.{bits}.{iterations}"
                result[f"{key}.quantized"] = quantized.contiguous()
                result[f"{key}.product"] = (b @ a).contiguous()
                result[f"{key}.error"] = error.reshape(1)
                print(key, error.item())
        for bits in (4, 8):
            quantized, _, _ = loftq_utils.loftq_init(weight, bits, RANK, 1)
            print(name, bits, "quantised only", torch.linalg.norm(weight - quantized).item())
    save_file(result, FILE)
    of_models()


if __name__ == "__main__":
    main()
