"""Times training steps of a ViT in transformers with PEFT, as org.peft4j.benchmarks.picture.ViTSteps does; prints one line of JSON for each.

Needs torch, transformers, peft and safetensors.
"""

from collections.abc import Callable

import torch
from peft import LoraConfig, get_peft_model
from transformers import ViTForImageClassification

import timed_steps

parser = timed_steps.parser(__doc__, rank=16)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--side", type=int, default=224)


def main() -> None:
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    model = ViTForImageClassification.from_pretrained(options.model, dtype=dtype)
    if options.checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    model = get_peft_model(model, LoraConfig(r=options.rank, lora_alpha=options.rank, target_modules=["q_proj", "v_proj"]))
    labels = torch.arange(options.batch) % model.config.num_labels

    def losses() -> Callable[[], torch.Tensor]:
        pixels = torch.randn(options.batch, 3, options.side, options.side, dtype=dtype)
        return lambda: model(pixel_values=pixels, labels=labels).loss

    timed_steps.run(model, options.steps, options.precision, losses)


if __name__ == "__main__":
    main()
