"""Writes the golden files of 200 steps of AdaLoRA, in which ranks are taken away: python adalora_schedule.py"""

import setting  # first: sets the environment

import copy
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model
from peft.tuners.adalora.layer import RankAllocator

import bases
import golden
from cases import Case, one
from cases_low_rank import adalora

NAME, STEPS, BATCHES = "adalora/200_steps", 200, 5
CASE = one(
    "200 steps of AdaLoRA with update_and_allocate",
    "llama",
    adalora(
        target_modules=["q_proj", "v_proj", "up_proj"],
        init_r=6,
        target_r=3,
        lora_alpha=12,
        tinit=20,
        tfinal=50,
        deltaT=10,
        total_step=STEPS,
        orth_reg_weight=0.3,
    ),
    learning_rate=5e-3,
)


@dataclass
class Record:
    """What a run gave. Names of the modules are in the order of PEFT's own loop over parameters."""

    losses: list[float] = field(default_factory=list)
    cross_entropies: list[float] = field(default_factory=list)
    budgets: list[int] = field(default_factory=list)
    allocation_steps: list[int] = field(default_factory=list)
    scores: list[torch.Tensor] = field(default_factory=list)
    masks: list[torch.Tensor] = field(default_factory=list)
    final: dict[str, torch.Tensor] = field(default_factory=dict)

    def margin(self) -> float:
        """How far the scores next to a threshold are apart, relative to the larger: the least of all allocations."""
        result = 1.0
        for scores, mask in zip(self.scores, self.masks):
            kept, dropped = scores[mask].min(), scores[~mask].max()
            result = min(result, ((kept - dropped) / kept).item())
        return result


def batches() -> dict[str, torch.Tensor]:
    """Five batches of three rows, one after the other; step s trains on batch s mod 5."""
    each = [golden.batch(f"{NAME}/{index}", CASE) for index in range(BATCHES)]
    return {key: torch.cat([batch[key] for batch in each]) for key in each[0]}


def fresh(dtype: torch.dtype) -> PeftModel:
    """As PEFT begins: A and B N(0, 0.02²), E zero."""
    torch.manual_seed(0)
    return get_peft_model(bases.load(CASE.base), copy.deepcopy(CASE.config)).to(dtype).eval()


def observe(allocator: RankAllocator, record: Record) -> None:
    """Keeps the budget of each step, and the scores and masks of each allocation."""
    schedule, mask = allocator.budget_schedule, allocator.mask_to_budget
    combine = allocator._combine_ipt
    scores: list[torch.Tensor] = []

    def budget_schedule(step: int):
        budget, allocates = schedule(step)
        record.budgets.append(budget)
        return budget, allocates

    def combine_ipt(*parts: torch.Tensor) -> torch.Tensor:
        scores.append(combine(*parts))
        return scores[-1]

    def mask_to_budget(model: torch.nn.Module, budget: int):
        scores.clear()
        pattern = mask(model, budget)
        record.scores.append(torch.stack(scores))
        record.masks.append(torch.tensor([pattern[name % "lora_E"] for name in modules(model)]))
        return pattern

    allocator.budget_schedule, allocator._combine_ipt, allocator.mask_to_budget = budget_schedule, combine_ipt, mask_to_budget


def modules(model: torch.nn.Module) -> list[str]:
    return [name.replace("lora_A", "%s") for name, _ in model.named_parameters() if "lora_A" in name]


def run(dtype: torch.dtype, inputs: dict[str, torch.Tensor]) -> tuple[PeftModel, Record]:
    model, record = fresh(dtype), Record()
    observe(model.base_model.rankallocator, record)
    optimizer = golden.adamw(model, CASE)
    rows = len(inputs["input_ids"]) // BATCHES
    for step in range(STEPS):
        first = rows * (step % BATCHES)
        batch = {key: value[first : first + rows] for key, value in inputs.items()}
        with torch.no_grad():
            record.cross_entropies.append(model.get_base_model()(**batch).loss.item())
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        before = len(record.masks)
        model.base_model.update_and_allocate(step)
        optimizer.zero_grad()
        record.losses.append(loss.item())
        if len(record.masks) > before:
            record.allocation_steps.append(step)
    with torch.no_grad():
        record.final["logits"] = model(**inputs).logits.clone()
    parameters = {name: parameter.detach().clone() for name, parameter in golden.trainable(model).items()}
    record.final.update({f"final.{name.removesuffix('.default')}": value for name, value in parameters.items()})
    return model, record


def difference(record: Record, exact: Record) -> float:
    """The largest of the final tensors' differences, each relative to the largest value of the tensor."""
    pairs = [(value, exact.final[key]) for key, value in record.final.items()]
    return max(((one - other).abs().max() / other.abs().max()).item() for one, other in pairs)


def write() -> None:
    folder, inputs = setting.GOLDEN / NAME, batches()
    shutil.rmtree(folder, ignore_errors=True)
    model, record = run(torch.float32, inputs)
    _, exact = run(torch.float64, inputs)
    assert torch.equal(torch.stack(record.masks), torch.stack(exact.masks)), "rounding decides a mask: choose another seed"
    assert record.margin() > 1e-3, f"scores next to a threshold differ by {record.margin():.1e} only"
    print(f"margin {record.margin():.1e}, against FP64 {difference(record, exact):.1e}")
    save(fresh(torch.float32), folder / "initial_adapter")
    save(model, folder / "final_adapter")
    setting.write_tensors(folder / "inputs.safetensors", inputs)
    setting.write_tensors(
        folder / "expected.safetensors",
        {
            "losses": torch.tensor(record.losses),
            "cross_entropies": torch.tensor(record.cross_entropies),
            "scores": torch.stack(record.scores),
            "masks": torch.stack(record.masks).to(torch.int64),
            **record.final,
        },
    )
    golden.describe(
        NAME,
        CASE,
        steps=STEPS,
        rows_in_a_batch=len(inputs["input_ids"]) // BATCHES,
        modules=[name.removesuffix(".%s.default") for name in modules(model.base_model.model)],
        budgets=record.budgets,
        allocation_steps=record.allocation_steps,
        smallest_margin=float(f"{record.margin():.2g}"),
        difference_from_float64=float(f"{difference(record, exact):.2g}"),
    )


def save(model: PeftModel, folder: Path) -> None:
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    setting.sort_sets(folder / "adapter_config.json")


if __name__ == "__main__":
    write()
