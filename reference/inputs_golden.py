"""Encodings of texts, pairs and words by transformers' AutoTokenizer, cut and in windows.

    python inputs_golden.py      # after tokenizers_golden.py

writes ../peft-transformers/src/test/resources/tokenizers/inputs.json: for some of the tokenizers
there, and for each input and limit, the windows with ids, types, texts, words and offsets in code
points; -1 where Python has None.

tokenizers 0.23 stops after as many tokens as the limit where truncation is on. So it loses windows,
numbers the words of a text anew that is cut on the left, and may take the shorter of two long texts
for the longer one. Windows are thus made of whole encodings by its own post_process, which cuts as
all versions before it. What is the same in both ways is asserted to be so.
"""

import json
import os
import pathlib
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import AutoTokenizer

FOLDER = pathlib.Path(__file__).parent / "../peft-transformers/src/test/resources/tokenizers"

NAMES = [
    "bert", "bert-cased", "roberta", "roberta-prefix", "bart", "xlm-roberta", "t5", "llama",
    "llama3", "gemma", "gpt2-prefix", "qwen2", "left",
]

KING = "The king had three daughters, and one son. "
ODD = "na\u00efve \U0001F600\U0001F44D e\u0301 \ufb03 \uff21\u00b2 東京, 12 \U0001F468\u200d\U0001F469\u200d\U0001F467."

# First text, second text or None, words or None.
INPUTS = [
    ("", None, None),
    ("  \n ", None, None),
    ("Once upon a time", None, None),
    (ODD, None, None),
    ("\U0001F600", None, None),
    (" x \u00e9 ", None, None),
    (KING * 3, None, None),
    ("", "", None),
    ("", "b c", None),
    ("Who had a son?", ODD, None),
    (ODD, "we'll see 345", None),
    ("a", "b", None),
    ("Who had a son, and who had none of these?", KING * 2, None),
    (KING, KING, None),
    (None, None, []),
    (None, None, ["12", " led", "\U0001F600"]),
    (None, None, ["K\u00e4se", "", "e\u0301", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "is", "12,5"]),
    (None, None, (KING * 2).split()),
    (None, None, ["Yes", " ", "東京は", "no", "daughters"]),
]

# The limit, and the stride of windows or None.
LIMITS = [(None, None), (5, None), (8, None), (13, None), (24, 5), (11, 0)]


def load(name):
    files = json.loads((FOLDER / f"{name}.json").read_text())["files"]
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            (pathlib.Path(folder) / file).write_text(json.dumps(content))
        return AutoTokenizer.from_pretrained(folder)


def described(encoding, first):
    """A window; its second text has the type that it has in the first window."""
    types = dict(zip(first.sequence_ids, first.type_ids))
    def numbers(values):
        return [-1 if value is None else value for value in values]

    return {
        "ids": encoding.ids,
        "types": [
            kind if text is None else types.get(text, kind)
            for text, kind in zip(encoding.sequence_ids, encoding.type_ids)
        ],
        "texts": numbers(encoding.sequence_ids),
        "words": numbers(encoding.word_ids),
        "begins": [begin for begin, _ in encoding.offsets],
        "ends": [end for _, end in encoding.offsets],
    }


def cut(tokenizer, first, second, words, limit, stride):
    """The windows, by the library's own steps."""
    backend = tokenizer._tokenizer
    processor = backend.post_processor
    backend.no_truncation()
    backend.post_processor = None
    sequences = [
        backend.encode(sequence, is_pretokenized=words is not None, add_special_tokens=False)
        for sequence in (first if words is None else words, second)
        if sequence is not None
    ]
    backend.post_processor = processor
    pair = second is not None
    room = (limit or 0) - backend.num_special_tokens_to_add(pair)
    if limit is not None:
        if room < 0:
            return None
        if stride is not None:
            room -= len(sequences[0].ids) if pair else 0
            if room <= stride and len(sequences[-1].ids) > room:
                return None
        backend.enable_truncation(
            max_length=limit,
            stride=stride or 0,
            strategy="only_second" if pair and stride is not None else "longest_first",
            direction=tokenizer.truncation_side,
        )
    encoding = backend.post_process(*sequences, add_special_tokens=True)
    backend.no_truncation()
    long = limit is not None and any(len(sequence.ids) > limit for sequence in sequences)
    if stride is None and not (long and pair):
        confirm(tokenizer, first, second, words, limit, encoding)
    return [encoding] + (encoding.overflowing if stride is not None else [])


def confirm(tokenizer, first, second, words, limit, encoding):
    """The same from AutoTokenizer's own call; of a batch, as it alone takes an empty text for one."""
    batch = tokenizer(
        [first if words is None else words],
        None if second is None else [second],
        is_split_into_words=words is not None,
        truncation=limit is not None,
        max_length=limit,
    )
    whole = batch.encodings[0]
    assert whole.ids == batch["input_ids"][0] == encoding.ids, (first, second, words, limit)
    assert whole.offsets == encoding.offsets
    assert whole.sequence_ids == encoding.sequence_ids
    assert whole.type_ids == encoding.type_ids
    if tokenizer.truncation_side == "right" or words is not None:
        assert whole.word_ids == encoding.word_ids


def main():
    golden = {}
    for name in NAMES:
        tokenizer = load(name)
        rows = []
        for first, second, words in INPUTS:
            for limit, stride in LIMITS:
                if stride is not None and name == "roberta-prefix" and words is None:
                    # The library leaves a space in the place of the first token of each window.
                    continue
                windows = cut(tokenizer, first, second, words, limit, stride)
                if windows is None:
                    continue
                row = {"limit": limit, "stride": stride}
                row.update(first=first, second=second) if words is None else row.update(words=words)
                row["windows"] = [described(window, windows[0]) for window in windows]
                if stride is not None and len(windows) == 1:
                    continue
                rows.append(row)
        golden[name] = rows
        print(name, len(rows), sum(len(row["windows"]) for row in rows))
    text = json.dumps(golden, separators=(",", ":"))
    (FOLDER / "inputs.json").write_text(text + "\n")
    print(len(text))


if __name__ == "__main__":
    main()
