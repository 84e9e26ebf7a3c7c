"""Measures one piece of work of Hugging Face PEFT in this process and prints one line of JSON, as org.peft4j.benchmarks.work.Measure does.

Needs torch, transformers, peft and safetensors; the versions are in ../reference/requirements.txt.
"""

import argparse
import json
import os
import resource
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import torch
from peft import LoraConfig, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, GenerationConfig
from transformers.generation.streamers import BaseStreamer

LEARNING_RATE = 1e-4
NEW_TOKENS = 64


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, help="safetensors file with input_ids and labels")
    parser.add_argument("--work", choices=["train", "forward", "generate"], default="train")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=16)
    parser.add_argument("--target", default="", help="adapted modules, separated by commas")
    parser.add_argument("--config", help="an adapter_config.json, instead of LoRA's options")
    parser.add_argument("--batch", type=int, default=1, help="rows that the data must have")
    parser.add_argument("--length", type=int, default=128, help="tokens that a row must have")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def load(options: argparse.Namespace) -> torch.nn.Module:
    """The wrapped model: without dropout, SDPA attention (the default), adapters in FP32 whatever the base is in (the default)."""
    config = AutoConfig.from_pretrained(options.model)
    for name in ("attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob"):
        if hasattr(config, name):
            setattr(config, name, 0.0)
    config.use_cache = False  # Generation switches it on.
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    classifies = config.architectures[0].endswith("ForSequenceClassification")
    kind = AutoModelForSequenceClassification if classifies else AutoModelForCausalLM
    model = kind.from_pretrained(options.model, config=config, dtype=dtype)
    if options.checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    if options.config:
        with open(options.config, encoding="utf-8") as file:
            fields = json.load(file)
        return get_peft_model(model, PEFT_TYPE_TO_CONFIG_MAPPING[fields.pop("peft_type")](**fields))
    adapter = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        target_modules=options.target.split(","),
        fan_in_fan_out=config.model_type == "gpt2",
        task_type="SEQ_CLS" if classifies else "CAUSAL_LM",
    )
    return get_peft_model(model, adapter)


def train(model: torch.nn.Module, data: dict[str, torch.Tensor], steps: int) -> tuple[list[float], int, list[float]]:
    """Steps of AdamW on the adapter, without decay and clipping. The batch is the same in every step."""
    model.train()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=LEARNING_RATE, weight_decay=0.0)
    seconds, losses = [], []
    allocate = getattr(model.base_model, "update_and_allocate", None)  # AdaLoRA's, after each step
    for step in range(steps):
        begin = time.perf_counter()
        loss = model(**data).loss
        loss.backward()
        optimizer.step()
        if allocate:
            allocate(step)
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        seconds.append(time.perf_counter() - begin)
    return seconds, data["input_ids"].numel(), [losses[0], losses[-1]]


def forward(model: torch.nn.Module, data: dict[str, torch.Tensor], steps: int) -> tuple[list[float], int, list[float]]:
    """The logits, of a language model those of all positions."""
    model.eval()
    seconds = []
    with torch.inference_mode():
        for _ in range(steps):
            begin = time.perf_counter()
            logits = model(input_ids=data["input_ids"]).logits
            logits.flatten()[0].item()
            del logits
            seconds.append(time.perf_counter() - begin)
    return seconds, data["input_ids"].numel(), []


class Moments(BaseStreamer):
    """When each token came; the first call brings the prompt."""

    def __init__(self) -> None:
        self.calls: list[float] = []

    def put(self, value: torch.Tensor) -> None:
        self.calls.append(time.perf_counter())

    def end(self) -> None:
        pass


def generate(model: torch.nn.Module, data: dict[str, torch.Tensor], steps: int) -> tuple[list[float], int, list[float]]:
    """Greedy decoding. Timed is what follows the first token, which the pass over the prompt gives; one generation is a step."""
    model.eval()
    model.generation_config.eos_token_id = None
    config = GenerationConfig(max_new_tokens=NEW_TOKENS, do_sample=False, use_cache=True, pad_token_id=0)
    prompt = data["input_ids"][:1]
    seconds = []
    with torch.inference_mode():
        for _ in range(steps):
            moments = Moments()
            ids = model.generate(
                input_ids=prompt, attention_mask=torch.ones_like(prompt), generation_config=config, streamer=moments
            )
            if ids.shape[1] != prompt.shape[1] + NEW_TOKENS:
                raise RuntimeError(f"generated {ids.shape[1] - prompt.shape[1]} tokens")
            seconds.append(moments.calls[-1] - moments.calls[1])
    return seconds, NEW_TOKENS - 1, []


def peak_bytes() -> int:
    """The most memory that was resident. VmHWM is this program's own; ru_maxrss, where there is no /proc, may hold its parent's."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    data = {name: tensor.long() for name, tensor in load_file(options.data).items()}
    if tuple(data["input_ids"].shape) != (options.batch, options.length):
        raise SystemExit(f"{options.data} holds {tuple(data['input_ids'].shape)}, not {(options.batch, options.length)}")
    begin = time.perf_counter()
    model = load(options)
    load_seconds = time.perf_counter() - begin
    work = {"train": train, "forward": forward, "generate": generate}[options.work]
    seconds, tokens, losses = work(model, data, options.warmup + options.steps)
    result = {
        "implementation": "hugging-face",
        "work": options.work,
        "precision": options.precision,
        "checkpointing": options.checkpointing,
        "step_seconds": seconds[options.warmup :],
        "tokens_per_step": tokens,
        "peak_rss_bytes": peak_bytes(),
        "load_seconds": load_seconds,
        "losses": losses,
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
