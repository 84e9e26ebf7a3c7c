"""Decoders, and encoder-decoders, under the heads of other tasks: LoRA on the attention and on every linear map, and (IA)3, a prefix and, before sequences, prompts for each family and task that PEFT itself can; DoRA on one."""

import setting  # first: sets the environment

from peft import IA3Config, LoraConfig, PeftConfig, PrefixTuningConfig, PromptTuningConfig

import bases_heads
import cases
from cases import Case
from cases_decoders import GATED_IA3
from cases_encoders import TASKS
from cases_odd import ATTENTION

SCALED = {
    **dict.fromkeys(("olmo2", "smollm3"), GATED_IA3),
    "umt5": dict(target_modules=["k", "v", "wo"], feedforward_modules=["wo"]),
    "mbart": dict(target_modules=["k_proj", "v_proj", "fc2"], feedforward_modules=["fc2"]),
    "phi3": dict(target_modules=["qkv_proj", "down_proj"], feedforward_modules=["down_proj"]),
    "starcoder2": dict(target_modules=["k_proj", "v_proj", "c_proj"], feedforward_modules=["c_proj"]),
}
"""What (IA)3 scales where PEFT has no default for the family."""

CLASSIFIER = ("gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "bloom", "falcon", "t5", "mt5", "umt5")
"""Whose head of labels of tokens is not called score."""


def one(description: str, base: str, config: PeftConfig, **fields) -> Case:
    """The loss must not become so small in five steps that its relative error is large."""
    return cases.one(description, base, config, **{"learning_rate": 3e-3, "length": 7, **fields})


T5 = ["q", "k", "v", "o"]
WHOLE = {**ATTENTION, **dict.fromkeys(("t5", "mt5", "umt5"), T5), **dict.fromkeys(("bart", "mbart"), r".*attn\.(q_proj|k_proj|v_proj|out_proj)")}


def without(family: str, task: str) -> dict[str, list[str]]:
    """PEFT 0.21 leaves the head of a sequence out of all linear maps; another one it both adapts and saves, and so crashes."""
    heads = {"sequence": [], "tokens": ["classifier" if family in CLASSIFIER else "score"], "answers": ["qa_outputs"]}[task]
    return {"exclude_modules": heads} if heads else {}


def of(family: str, task: str, side: str, other: str) -> dict[str, Case]:
    kind = {"task_type": TASKS[task]}
    base = f"{family}_{task}"
    conv1d = {"fan_in_fan_out": True} if family == "gpt2" else {}
    saved = {"modules_to_save": ["classification_head"]} if task == "sequence" and family in bases_heads.TWO_STACKS else {}
    attention = LoraConfig(**kind, **conv1d, target_modules=WHOLE[family.removesuffix("_text")], r=2, **saved)
    linear = LoraConfig(**kind, **conv1d, **without(family, task), target_modules="all-linear", r=1, lora_alpha=2)
    slower = {"learning_rate": 1e-3} if family == "gemma3_text" else {}
    return {
        f"{base}_attention": one("LoRA on the whole attention and nothing else", base, attention, padding=side, **slower),
        f"{base}_linear": one("LoRA on every linear map", base, linear, padding=other),
        f"{base}_ia3": one("Vectors on keys, values and the inner states", base, IA3Config(**kind, **saved, **SCALED.get(family, {})), padding=side),
    }


def sided() -> dict[str, Case]:
    """Padded on each side in turns; a decoder's answers on the right: their loss is over the padding too, and before the first token that sees none, gradients would
    flow through what is constant in transformers. mBART's decoder begins with the last token, which transformers looks for on the left of the padding.
    """
    result = {}
    for index, (family, task) in enumerate(bases_heads.KNOWN):
        left = family != "mbart" and (task != "answers" or family in bases_heads.TWO_STACKS)
        sides = ("right", "none") if not left else (("left", "right"), ("right", "left"))[index % 2]
        result |= of(family, task, *sides)
    return result


DIMENSIONS = {"opt": dict(token_dim=9), "falcon": dict(num_attention_heads=1, token_dim=6)}
"""Where PEFT 0.21 takes the wrong width by itself: of OPT's embeddings, which are narrower than its blocks, and of Falcon's one head of keys."""

LEFT = ("qwen3", "phi", "gpt2", "phi3")
"""Whose rows are padded on the left after a prefix, but for answers: their loss is over the padding too."""


def prompted() -> dict[str, Case]:
    """Virtual tokens before sequences, which PEFT can put before nothing else, and a prefix under every head.

    Behind virtual tokens, transformers reads the last position of a row, whether it is padding or not: so nothing is padded on the right there. Neither goes
    with encoder-decoders: their classifiers take no embeddings, and PEFT 0.21 crashes under a prefix.
    """
    result = {}
    for family, task in bases_heads.KNOWN:
        if family not in bases_heads.TWO_STACKS:
            base = f"{family}_{task}"
            side = "left" if family in LEFT and task != "answers" else "right"
            virtual = dict(task_type=TASKS[task], num_virtual_tokens=2)
            if task == "sequence":
                shown = "none" if family in ("gptj", "falcon") else "left"
                width = DIMENSIONS["opt"] if family == "opt" else {}
                result[f"{base}_prompt"] = one("Virtual tokens", base, PromptTuningConfig(**virtual, **width), padding=shown)
            width = DIMENSIONS["falcon"] if family == "falcon" else {}
            result[f"{base}_prefix"] = one("A prefix", base, PrefixTuningConfig(**virtual, **width), padding=side)
    return result


CASES: dict[str, Case] = {
    **sided(),
    "llama_alone": one("No padding token, one text", "llama_alone", LoraConfig(task_type="SEQ_CLS", r=2), padding="none", rows=1),
    "mistral_number": one("A number", "mistral_number", LoraConfig(task_type="SEQ_CLS", r=2)),
    "gpt2_several": one("Several labels at once", "gpt2_several", LoraConfig(task_type="SEQ_CLS", r=2, fan_in_fan_out=True), padding="left"),
    "qwen2_dora": one("DoRA", "qwen2_tokens", LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["v_proj", "up_proj"], use_dora=True)),
    **prompted(),
}

ALL = {f"heads/{name}": case for name, case in CASES.items()}
