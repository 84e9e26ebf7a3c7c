"""Writes losses of vectors on an encoder with LoRA: python vectors.py

The formulas are those of sentence-transformers' MultipleNegativesRankingLoss, TripletLoss and CosineSimilarityLoss.
"""

import setting  # first: sets the environment

import shutil
from collections.abc import Callable

import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel

import bases
import golden
from cases import one

FOLDER = setting.GOLDEN / "vectors"
BASE = "bert_features"
EXAMPLES, LENGTH, RATE = 4, 9, 3e-3
Loss = Callable[[list[torch.Tensor], torch.Tensor], torch.Tensor]


def contrastive(temperature: float) -> Loss:
    def loss(vectors: list[torch.Tensor], _: torch.Tensor) -> torch.Tensor:
        anchors, *candidates = [F.normalize(each, p=2, dim=1) for each in vectors]
        scores = anchors @ torch.cat(candidates).T / temperature
        return F.cross_entropy(scores, torch.arange(len(anchors)))

    return loss


def triplet(margin: float, cosine: bool) -> Loss:
    def distance(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return 1 - F.cosine_similarity(u, v) if cosine else F.pairwise_distance(u, v, p=2)

    def loss(vectors: list[torch.Tensor], _: torch.Tensor) -> torch.Tensor:
        anchors, positives, negatives = vectors
        return F.relu(distance(anchors, positives) - distance(anchors, negatives) + margin).mean()

    return loss


def cosines(vectors: list[torch.Tensor], scores: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(F.cosine_similarity(*vectors), scores)


def mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (states * mask.unsqueeze(2)).sum(1) / mask.sum(1, keepdim=True)


def first(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return states[:, 0]


def last(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return states[torch.arange(len(states)), mask.sum(1) - 1]


ALL = {
    "pairs": (2, "in-batch negatives", dict(temperature=0.05), contrastive(0.05), mean),
    "hard_negatives": (3, "in-batch negatives", dict(temperature=0.3), contrastive(0.3), first),
    "triplets": (3, "triplets", dict(margin=1.0, distance="EUCLIDEAN"), triplet(1.0, False), mean),
    "triplets_cosine": (3, "triplets", dict(margin=0.05, distance="COSINE"), triplet(0.05, True), last),
    "scores": (2, "cosines", {}, cosines, mean),
}
POOLING = {mean: "MEAN", first: "FIRST", last: "LAST"}


def batch(name: str, texts: int) -> dict[str, torch.Tensor]:
    """All first texts, then all second ones, and so on, of several lengths; types as of two sentences."""
    rows = texts * EXAMPLES
    lengths = torch.tensor([LENGTH - (3 * row) % 5 for row in range(rows)])
    mask = (torch.arange(LENGTH) < lengths[:, None]).long()
    ids = torch.randint(3, bases.VOCABULARY, mask.shape, generator=setting.generator(f"{name}/input_ids")) * mask
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": (torch.arange(LENGTH) > 4).long() * mask}


def vectors(model: PeftModel, inputs: dict[str, torch.Tensor], pool: Callable, texts: int) -> list[torch.Tensor]:
    states = model(**inputs).last_hidden_state
    return list(pool(states, inputs["attention_mask"]).split(EXAMPLES))


def write(name: str) -> dict:
    texts, kind, numbers, loss_of, pool = ALL[name]
    case = one(kind, BASE, LoraConfig(task_type="FEATURE_EXTRACTION", r=3, lora_alpha=6, target_modules=["query", "value", "intermediate.dense"]))
    model = golden.adapted(f"vectors/{name}", case)
    golden.save(model, FOLDER / name)
    inputs = batch(f"vectors/{name}", texts)
    scores = torch.rand(EXAMPLES, generator=setting.generator(f"vectors/{name}/scores"))
    optimizer = torch.optim.AdamW(golden.distinct(model).values(), lr=RATE, weight_decay=0.0)
    losses, gradients = [], {}
    for step in range(golden.STEPS):
        optimizer.zero_grad()
        loss = loss_of(vectors(model, inputs, pool, texts), scores)
        loss.backward()
        if step == 0:
            gradients = golden.keyed(model, {key: value.grad.clone() for key, value in golden.distinct(model).items()})
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] > 1e-3, (name, losses)
    after = golden.keyed(model, {key: value.detach() for key, value in golden.distinct(model).items()})
    setting.write_tensors(FOLDER / name / "inputs.safetensors", {**inputs, "scores": scores})
    setting.write_tensors(
        FOLDER / name / "expected.safetensors",
        {
            "losses_adamw": torch.tensor(losses),
            **{f"grad.{key}": value for key, value in gradients.items()},
            **{f"after_adamw.{key}": value for key, value in after.items()},
        },
    )
    return {"loss": kind, "texts": texts, "pooling": POOLING[pool], **numbers}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    settings = {name: write(name) for name in ALL}
    setting.write_json(FOLDER / "vectors.json", {"base": BASE, "examples": EXAMPLES, "learning_rate": RATE, "cases": settings})
