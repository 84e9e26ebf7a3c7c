"""Writes what transformers' examples make of rows, for the models of predictions.py: python rows.py

run_glue's, run_ner's and run_qa's ways from a row to ids, types and labels, each in a few lines.
"""

import setting  # first: sets the environment

from pathlib import Path

from transformers import AutoConfig, AutoTokenizer

MODELS = setting.GOLDEN / "predictions"
CLASSES = [
    {"text": "Once upon a time there was a king.", "label": "good"},
    {"text": "It isn't good; they're bad, and we'll see.", "label": "bad"},
    {"text": "The king had three daughters, and one son, who was a cat on the mat. " * 3, "label": 1},
]
PAIRS = [
    {"text": "Who had a cat?", "text_pair": "The king's son.", "label": "middling"},
    {"text": "The king had three daughters, and one son. " * 2, "text_pair": "There were 12 hats, or 345. " * 3, "label": "bad"},
    {"text": "x", "text_pair": "na\u00efve \U0001F600 e\u0301", "label": 2},
]
SEVERAL = [{"text": "The king", "label": ["good", "bad"]}, {"text": "a cat", "label": []}, {"text": "12 hats", "label": [1]}]
NUMBERS = [{"text": "The king", "label": 2.5}, {"text": "a cat on the mat", "label": -0.25}, {"text": "x", "label": 3}]
TAGS = [
    {
        "tokens": ["The", "king's", "three", "daughters", "live", "in", "T\u00f6ky\u014d", ",", "x"],
        "tags": ["O", "B-PER", "O", "I-PER", "O", "O", "B-LOC", "O", "O"],
    },
    {"tokens": ["\U0001F600", "Yes", "12,5"], "tags": ["B-LOC", "I-LOC", "O"]},
    {"tokens": ["daughters"] * 60, "tags": (["B-PER", "I-PER", "O"] * 20)},
]
CONTEXT = "\U0001F600 Once upon a time there was a king who had three daughters. They lived in T\u00f6ky\u014d \U0001F600, all of them."
LONG = "The cat's hat isn't on the mat; they're 12 or 345, we'll see! " * 4
QUESTIONS = [
    {"question": " Who had three daughters?", "context": CONTEXT, "answers": [("a king", CONTEXT.index("a king")), ("king", CONTEXT.index("king"))]},
    {"question": "Where?", "context": CONTEXT, "answers": [("T\u00f6ky\u014d \U0001F600", CONTEXT.index("T\u00f6"))]},
    {"question": "What is on the mat?", "context": LONG, "answers": [("12 or 345", LONG.index("12 or", 100))]},
    {"question": "Who?", "context": LONG, "answers": []},
    {"question": "How?", "context": "We'll see, x", "answers": [("ll se", 3)]},
]
WINDOW, STRIDE = 32, 8


def classes(tokenizer, config, rows):
    names = {name: number for number, name in config.id2label.items()}
    for row in rows:
        pair = [row["text_pair"]] if "text_pair" in row else []
        encoded = tokenizer(row["text"], *pair, truncation=True, max_length=WINDOW)
        label = row["label"]
        if isinstance(label, list):
            numbers = [names.get(each, each) for each in label]
            label = [float(number in numbers) for number in range(len(names))]
        yield {**encoded, "labels": names.get(label, label)} if not isinstance(label, list) else {**encoded, "labels": label}


def tags(tokenizer, config, rows):
    names = {name: number for number, name in config.id2label.items()}
    for row in rows:
        encoded = tokenizer(row["tokens"], is_split_into_words=True, truncation=True, max_length=WINDOW)
        labels, last = [], None
        for word in encoded.word_ids():
            labels.append(-100 if word is None or word == last else names[row["tags"][word]])
            last = word
        yield {**encoded, "labels": labels}


def windows(encoded) -> list[list[int]]:
    """The positions of each window, as tokenizers made them up to 0.22: what is not context is in each.

    Later versions stop after as many tokens as the limit and lose windows.
    """
    texts = encoded.sequence_ids(0)
    context = [i for i, text in enumerate(texts) if text == 1]
    size = WINDOW - (len(texts) - len(context))
    result, begin = [], 0
    while True:
        part = set(context[begin : begin + size])
        result.append([i for i, text in enumerate(texts) if text != 1 or i in part])
        if begin + size >= len(context):
            return result
        begin += size - STRIDE


def answers(tokenizer, config, rows):
    for row in rows:
        encoded = tokenizer(row["question"].lstrip(), row["context"], return_offsets_mapping=True)
        texts = encoded.sequence_ids(0)
        for window in windows(encoded):
            kept = {key: [encoded[key][i] for i in window] for key in ("input_ids", "token_type_ids") if key in encoded}
            offsets = [encoded["offset_mapping"][i] for i in window]
            context = [place for place, i in enumerate(window) if texts[i] == 1]
            start = end = kept["input_ids"].index(tokenizer.cls_token_id)
            if row["answers"]:
                text, first = row["answers"][0]
                behind = first + len(text)
                if offsets[context[0]][0] <= first and offsets[context[-1]][1] >= behind:
                    start = max(i for i in context if offsets[i][0] <= first)
                    end = min(i for i in context if offsets[i][1] >= behind)
            yield {**kept, "start": start, "end": end}


ALL = {
    "classes": ("bert_sequence", classes, CLASSES),
    "pairs": ("bert_sequence", classes, PAIRS),
    "pairs_without_types": ("distilbert_sequence", classes, PAIRS),
    "pairs_of_a_decoder": ("llama_sequence", classes, PAIRS),
    "several": ("bert_several", classes, SEVERAL),
    "numbers": ("bert_number", classes, NUMBERS),
    "tags": ("bert_tokens", tags, TAGS),
    "tags_roberta": ("roberta_tokens", tags, TAGS),
    "answers": ("bert_answers", answers, QUESTIONS),
    "answers_roberta": ("roberta_answers", answers, QUESTIONS),
}


def written(row: dict) -> dict:
    """A row as SQuAD's JSON has it."""
    if "answers" not in row:
        return row
    return {**row, "answers": [{"text": text, "answer_start": start} for text, start in row["answers"]]}


def case(model: str, make, rows: list[dict]) -> dict:
    folder: Path = MODELS / model
    tokenizer, config = AutoTokenizer.from_pretrained(folder), AutoConfig.from_pretrained(folder)
    sequences = [{key: value for key, value in each.items() if key != "attention_mask"} for each in make(tokenizer, config, rows)]
    return {"model": model, "rows": [written(row) for row in rows], "sequences": sequences}


if __name__ == "__main__":
    setting.write_json(setting.GOLDEN / "rows.json", {"window": WINDOW, "stride": STRIDE, "cases": {name: case(*each) for name, each in ALL.items()}})
