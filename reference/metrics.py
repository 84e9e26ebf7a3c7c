"""Writes what the metrics' own packages give: python metrics.py

scikit-learn, SciPy, seqeval, rouge_score, sacrebleu, and SQuAD's evaluation as transformers has it. A score that is not defined is null.
"""

import setting  # first: sets the environment

import math
import random
from types import SimpleNamespace

import numpy as np
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import accuracy_score as tag_accuracy
from seqeval.metrics import f1_score as entity_f1
from seqeval.metrics import precision_score, recall_score
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, mean_squared_error
from transformers.data.metrics.squad_metrics import get_raw_scores

Case = dict[str, object]
RANDOM = random.Random(20)


def case(predicted: list, actual: list, **scores: float) -> Case:
    plain = {key: None if math.isnan(value) else float(value) for key, value in scores.items()}
    return {"predicted": predicted, "actual": actual, "scores": plain}


def classes(predicted: list[int], actual: list[int]) -> Case:
    return case(
        predicted,
        actual,
        accuracy=accuracy_score(actual, predicted),
        macro_f1=f1_score(actual, predicted, average="macro", zero_division=0),
        matthews_correlation=matthews_corrcoef(actual, predicted),
    )


def labels(predicted: list[list[int]], actual: list[list[int]]) -> Case:
    def f1(average: str) -> float:
        return f1_score(np.array(actual), np.array(predicted), average=average, zero_division=0)

    return case(
        predicted,
        actual,
        subset_accuracy=accuracy_score(np.array(actual), np.array(predicted)),
        micro_f1=f1("micro"),
        macro_f1=f1("macro"),
    )


def numbers(predicted: list[float], actual: list[float]) -> Case:
    return case(
        predicted,
        actual,
        mse=mean_squared_error(actual, predicted),
        pearson=pearsonr(predicted, actual).statistic,
        spearman=spearmanr(predicted, actual).statistic,
    )


def tags(predicted: list[list[str]], actual: list[list[str]]) -> Case:
    return case(
        predicted,
        actual,
        accuracy=tag_accuracy(actual, predicted),
        precision=precision_score(actual, predicted, zero_division=0),
        recall=recall_score(actual, predicted, zero_division=0),
        f1=entity_f1(actual, predicted, zero_division=0),
    )


def answers(predicted: list[str], actual: list[list[str]]) -> Case:
    examples = [SimpleNamespace(qas_id=i, answers=[{"text": each} for each in some]) for i, some in enumerate(actual)]
    exact, f1 = get_raw_scores(examples, dict(enumerate(predicted)))
    return case(predicted, actual, exact_match=np.mean(list(exact.values())), f1=np.mean(list(f1.values())))


def texts(predicted: list[str], actual: list[str]) -> Case:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    rouge = [scorer.score(right, own) for own, right in zip(predicted, actual)]
    return case(
        predicted,
        actual,
        exact_match=np.mean([own == right for own, right in zip(predicted, actual)]),
        **{name: np.mean([each[name].fmeasure for each in rouge]) for name in scorer.rouge_types},
        chrf=sacrebleu.corpus_chrf(predicted, [actual]).score / 100,
    )


def some(count: int, *values: object) -> list:
    return [RANDOM.choice(values) for _ in range(count)]


WORDS = ["the", "The", "a", "an", "cat", "cats,", "Zug", "naïve", "naive", "don't", "3.5", "3", "(x)", "—", "the-cat", "ÉTÉ", "été", "日本", "a.", "an\u00a0the", "e\u0301", "²", "_a_", "😀", "\u0130st"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "E-LOC", "S-PER", "I-A-B", "B", "I"]


def text(most: int = 9) -> str:
    return RANDOM.choice([" ", "  ", "\t"]).join(some(RANDOM.randint(0, most), *WORDS))


def near(right: str) -> str:
    """The text with a few words left out, doubled or replaced."""
    words = [word for word in right.split(" ") for _ in range(RANDOM.choice([1, 1, 1, 0, 2]))]
    return " ".join(RANDOM.choice(WORDS) if RANDOM.random() < 0.2 else word for word in words)


def pairs(count: int) -> tuple[list[str], list[str]]:
    actual = [text() for _ in range(count)]
    return [near(each) for each in actual], actual


ALL: dict[str, list[Case]] = {
    "classes": [
        classes(some(40, 0, 1, 2), some(40, 0, 1, 2)),
        classes([0, 1, 2, 2, 1, 0, 1], [0, 1, 2, 1, 1, 0, 2]),
        classes([0, 3, 3, 0], [0, 0, 1, 0]),  # a class that is only predicted, one that only occurs
        classes([1, 1, 1], [1, 1, 1]),
        classes([0, 0, 0], [1, 1, 1]),
        classes([1, 1, 1, 1], [1, 0, 1, 2]),
        classes([1], [1]),
        classes(some(500, 0, 1), some(500, 0, 1)),
    ],
    "labels": [
        labels([some(4, 0, 1) for _ in range(12)], [some(4, 0, 1) for _ in range(12)]),
        labels([[1, 0, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]]),  # the second label neither occurs nor is predicted
        labels([[0, 0], [0, 0]], [[0, 0], [0, 0]]),
        labels([[0, 0], [1, 1]], [[1, 1], [0, 0]]),
    ],
    "numbers": [
        numbers([RANDOM.gauss(0, 1) for _ in range(30)], [RANDOM.gauss(1, 2) for _ in range(30)]),
        numbers(some(25, 1.0, 2.0, 2.5, -3.0), some(25, 0.0, 1.0, -0.0)),
        numbers([0.2, 0.2, 0.2], [1.0, 2.0, 3.0]),
        numbers([1.0, 2.0, 3.0], [0.3, 0.3, 0.3]),
        numbers([1.0, 2.0], [5.0, 3.0]),
        numbers([1e9 + each for each in (1.0, 2.0, 4.0, 3.0)], [2.0, 1.0, 5.0, 4.0]),
    ],
    "tags": [
        tags([["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]], [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]),
        *(tags(*([some(9, *TAGS[:kinds]) for _ in range(20)] for _ in range(2))) for kinds in (3, 5, 10)),
        tags([["I-PER", "I-PER"], ["I-PER", "O"]], [["B-PER", "I-PER"], ["B-PER", "O"]]),
        tags([["O", "O"]], [["O", "O"]]),
        tags([["O", "B-PER"]], [["O", "O"]]),
        tags([["O", "O"]], [["I-LOC", "O"]]),
    ],
    "answers": [
        answers(*(lambda own, right: (own, [[each, text(2)] for each in right]))(*pairs(60))),
        answers(["The Beatles!", "", "", "an answer", "the"], [["Beatles"], [], ["a", "."], [], ["the", ""]]),
        answers(["in 1066, at Hastings"], [["1066", "at Hastings", "Hastings in 1066"]]),
    ],
    "texts": [
        texts(*pairs(50)),
        texts(["The quick brown dog jumps on the log."], ["The quick brown fox jumps over the lazy dog"]),
        texts([""], [""]),
        texts(["", "abc"], ["abc", ""]),
        texts(["ab", "x"], ["abcdefgh", "x"]),
        texts(["日本語"], ["日本"]),
    ],
}

if __name__ == "__main__":
    setting.write_json(setting.GOLDEN / "metrics.json", ALL)
