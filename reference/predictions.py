"""What transformers says of texts: labels, tags, answers, vectors and texts of tiny models with tokenizers.

    python predictions.py      # after tokenizers_golden.py

writes ../peft-transformers/src/test/resources/golden/predictions: a folder for each model, and expected.json. Scores of
labels and tags are those of transformers' pipelines. transformers 5 has none for answers; the answers follow the
formula of its example run_qa.
"""

import setting  # first: sets the environment

import json
import shutil

import torch
from peft import IA3Config, LoraConfig, get_peft_model
from setting import GOLDEN, normal, write_json
from transformers import AutoConfig, AutoTokenizer, BertConfig, DistilBertConfig, LlamaConfig, RobertaConfig, T5Config
from transformers import pipeline
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

OUT = GOLDEN / "predictions"
TOKENIZERS = GOLDEN.parent / "tokenizers"

STARS = {0: "bad", 1: "middling", 2: "good"}
TAGS = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}

TEXTS = [
    "Once upon a time there was a king.",
    "na\u00efve \U0001F600 e\u0301 \u6771\u4eac, 12!",
    "It isn't good; they're bad, and we'll see.",
    "x",
    "The king had three daughters, and one son, who was a cat on the mat. " * 3,
]
PAIRS = [
    ("Who had a cat?", "The king's son."),
    ("\U0001F600", "three daughters \u00e9 and"),
    ("The king had three daughters, and one son. " * 2, "There were 12 hats, or 345. " * 3),
]
WORDS = [
    ["The", "king's", "three", "daughters", "live", "in", "T\u00f6ky\u014d", ",", "x"],
    ["\U0001F600", "Yes", "12,5"],
]
QUESTIONS = [
    ("Who had three daughters?", "Once upon a time there was a king who had three daughters. They lived in T\u00f6ky\u014d \U0001F600, all of them."),
    (" What is on the mat?", "The cat's hat isn't on the mat; they're 12 or 345, we'll see! " * 4),
    ("Where?", "x"),
]
PROMPTS = ["Once upon a time", "The cat's hat"]


def sizes(**fields):
    return dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, **fields)


def bert(**fields):
    return BertConfig(**sizes(max_position_embeddings=48, pad_token_id=0), **fields)


def roberta(**fields):
    ids = dict(pad_token_id=PADS["roberta"], bos_token_id=PADS["roberta"] - 1, eos_token_id=PADS["roberta"] + 1)
    longest = PADS["roberta"] + 1 + 48
    return RobertaConfig(**sizes(max_position_embeddings=longest, type_vocab_size=1), **ids, **fields)


def distilbert(**fields):
    return DistilBertConfig(dim=24, n_layers=2, n_heads=4, hidden_dim=40, max_position_embeddings=48, **fields)


def llama(**fields):
    return LlamaConfig(**sizes(num_key_value_heads=2, max_position_embeddings=96), **fields)


def t5(**fields):
    ids = dict(pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
    return T5Config(d_model=24, d_kv=6, num_layers=2, num_heads=4, d_ff=40, **ids, **fields)


PADS = {}

MODELS = {
    "bert_sequence": (bert, "bert", AutoModelForSequenceClassification, dict(id2label=STARS)),
    "bert_several": (
        bert,
        "bert",
        AutoModelForSequenceClassification,
        dict(id2label=STARS, problem_type="multi_label_classification"),
    ),
    "bert_number": (
        bert, "bert", AutoModelForSequenceClassification, dict(num_labels=1, problem_type="regression")
    ),
    "distilbert_sequence": (distilbert, "distilbert", AutoModelForSequenceClassification, dict(id2label=STARS)),
    "llama_sequence": (llama, "llama3", AutoModelForSequenceClassification, dict(id2label=STARS, pad_token_id=3)),
    "bert_tokens": (bert, "bert-cased", AutoModelForTokenClassification, dict(id2label=TAGS)),
    "roberta_tokens": (roberta, "roberta", AutoModelForTokenClassification, dict(id2label=TAGS)),
    "bert_answers": (bert, "bert", AutoModelForQuestionAnswering, {}),
    "roberta_answers": (roberta, "roberta", AutoModelForQuestionAnswering, {}),
    "bert_vectors": (bert, "bert", AutoModel, {}),
    "llama_text": (llama, "llama3", AutoModelForCausalLM, {}),
    "t5_text": (t5, "t5", AutoModelForSeq2SeqLM, {}),
}


def make(name):
    """A folder with a random model and its tokenizer."""
    config_of, tokenizer_name, kind, fields = MODELS[name]
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = json.loads((TOKENIZERS / f"{tokenizer_name}.json").read_text())["files"]
    vocabulary = files["tokenizer.json"]
    ids = {token["content"]: token["id"] for token in vocabulary["added_tokens"]}
    PADS[tokenizer_name] = ids.get("<pad>", 0)
    settings = files.get("tokenizer_config.json") or {}
    if config_of in (bert, roberta, distilbert):
        settings["model_max_length"] = 48
    config = config_of(**fields)
    (folder / "tokenizer.json").write_text(json.dumps(vocabulary, separators=(",", ":")) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings) + "\n")
    config.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config.vocab_size = max(tokenizer.get_vocab().values()) + 1
    model = kind.from_config(config).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key.startswith("classifier") and name.endswith("tokens"):
                value.copy_(normal(f"{name} {key}", value, 1.2 if value.dim() > 1 else 0.1))
            elif value.dim() > 1:
                value.copy_(normal(f"{name} {key}", value, 1.5 if "bert_" in name and "word_emb" in key and name[0] != "r" else 0.35))
            elif "norm" not in key.lower():
                value.copy_(normal(f"{name} {key}", value, 0.2))
            else:
                value.add_(normal(f"{name} {key}", value, 0.1))
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    return kind.from_pretrained(folder).eval(), tokenizer


def sequences(model, tokenizer):
    labels = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    limit = dict(truncation=True, max_length=48)

    def scores(given):
        result = labels(given, **limit)
        result = result[0] if isinstance(result[0], list) else result
        return {row["label"]: row["score"] for row in result}

    return {
        "texts": [{"text": text, "scores": scores(text)} for text in TEXTS],
        "pairs": [
            {"first": first, "second": second, "scores": scores({"text": first, "text_pair": second})}
            for first, second in PAIRS
        ],
    }


def plain(row):
    return {key: value if isinstance(value, str) else float(value) for key, value in row.items() if key != "word"}


def tags(model, tokenizer):
    rows = []
    for text in TEXTS[:4]:
        row = {"text": text}
        for strategy in ("none", "simple", "first"):
            ner = pipeline(
                "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy=strategy, ignore_labels=[]
            )
            row[strategy] = [plain(entity) for entity in ner(text)]
        rows.append(row)
    words = []
    for given in WORDS:
        encoded = tokenizer(given, is_split_into_words=True, return_tensors="pt")
        scores = model(**encoded).logits[0].softmax(-1)
        firsts = [encoded.word_ids().index(i) for i in range(len(given))]
        words.append(
            {
                "words": given,
                "tags": [model.config.id2label[scores[t].argmax().item()] for t in firsts],
                "scores": [scores[t].max().item() for t in firsts],
            }
        )
    return {"texts": rows, "words": words}


def answer(model, tokenizer, question, context, longest, stride, most, count, may_be_none):
    """run_qa's formula, over windows that are cut as inputs_golden.py does, since tokenizers 0.23 loses some."""
    from inputs_golden import cut

    windows = cut(tokenizer, question.lstrip(), context, None, longest, stride)
    found = []
    none = None
    for window in windows:
        inputs = {"input_ids": torch.tensor([window.ids])}
        if "token_type_ids" in tokenizer.model_input_names:
            # cut() leaves the types of later windows as they are of a single text.
            second = window.sequence_ids.index(1)
            kinds = [0 if i < second else 1 for i in range(len(window.ids))]
            inputs["token_type_ids"] = torch.tensor([kinds])
        output = model(**inputs)
        begin, end = output.start_logits[0].tolist(), output.end_logits[0].tolist()
        if none is None or begin[0] + end[0] < none:
            none = begin[0] + end[0]
        tops = [sorted(range(len(z)), key=lambda t: -z[t])[:count] for z in (begin, end)]
        for a in tops[0]:
            for b in tops[1]:
                if a <= b < a + most and window.sequence_ids[a] == 1 and window.sequence_ids[b] == 1:
                    found.append((begin[a] + end[b], window.offsets[a][0], window.offsets[b][1]))
    if may_be_none:
        found.append((none, -1, -1))
    found = sorted(found, key=lambda candidate: -candidate[0])[:count]
    if may_be_none and all(candidate[1] >= 0 for candidate in found):
        found.append((none, -1, -1))
    scores = torch.tensor([candidate[0] for candidate in found]).softmax(0).tolist()
    best = next((i for i, candidate in enumerate(found) if candidate[1] >= 0), None)
    if best is None:
        return {"text": "", "begin": 0, "end": 0, "score": 1.0, "windows": len(windows)}
    if may_be_none and none - found[best][0] > 0:
        best = next(i for i, candidate in enumerate(found) if candidate[1] < 0)
    _, a, b = found[best]
    a, b = max(a, 0), max(b, 0)
    return {"text": context[a:b], "begin": a, "end": b, "score": scores[best], "windows": len(windows)}


def answers(model, tokenizer):
    rows = []
    for question, context in QUESTIONS:
        row = {"question": question, "context": context}
        for name, settings in {"best": (48, 12, 30, 20, False), "short": (30, 5, 3, 7, False), "none": (48, 12, 30, 20, True)}.items():
            row[name] = answer(model, tokenizer, question, context, *settings)
        rows.append(row)
    return {"questions": rows}


def vectors(model, tokenizer):
    rows = []
    for text in TEXTS:
        encoded = tokenizer(text, truncation=True, max_length=48, return_tensors="pt")
        states = model(**encoded).last_hidden_state[0]
        mean = states.mean(0)
        rows.append({"text": text, "mean": mean.tolist(), "normalised": (mean / mean.norm()).tolist(), "first": states[0].tolist(), "last": states[-1].tolist()})
    return {"texts": rows}


def texts(model, tokenizer):
    rows = []
    for prompt in PROMPTS:
        encoded = tokenizer(prompt, return_tensors="pt")
        row = {"prompt": prompt}
        for name, settings in {"greedy": dict(max_new_tokens=20), "beams": dict(max_new_tokens=6, num_beams=3)}.items():
            ids = model.generate(**encoded, do_sample=False, **settings)[0]
            fresh = ids if model.config.is_encoder_decoder else ids[encoded["input_ids"].shape[1] :]
            row[name] = tokenizer.decode(fresh, skip_special_tokens=True)
        rows.append(row)
    return {"prompts": rows}


def adapter(name, kind, base, config, **fields):
    """An adapter of PEFT with random values on one of the models, whose name it gives as a hub's."""
    folder = OUT / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    model = get_peft_model(kind.from_pretrained(OUT / base, **fields), config).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if value.requires_grad:
                centre = 1 if "ia3" in key else 0
                value.copy_(centre + normal(f"{name} {key}", value, 0.4))
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    file = folder / "adapter_config.json"
    settings = json.loads(file.read_text())
    settings["base_model_name_or_path"] = f"tiny/{base}"
    write_json(file, settings)
    setting.sort_sets(file)
    tokenizer = AutoTokenizer.from_pretrained(OUT / base)
    return model, tokenizer


def adapters():
    lora = dict(r=2, lora_alpha=4, target_modules=["query", "value"])
    results = {}
    model, tokenizer = adapter(
        "labels",
        AutoModelForSequenceClassification,
        "bert_sequence",
        LoraConfig(task_type="SEQ_CLS", **lora),
    )
    results["labels"] = [
        {"text": text, "scores": dict(zip(STARS.values(), model(**tokenizer(text, return_tensors="pt")).logits[0].softmax(-1).tolist()))}
        for text in TEXTS[:4]
    ]
    model, tokenizer = adapter(
        "new_tags", AutoModelForTokenClassification, "bert_vectors", LoraConfig(task_type="TOKEN_CLS", **lora), num_labels=4
    )
    encoded = tokenizer(WORDS[0], is_split_into_words=True, return_tensors="pt")
    scores = model(**encoded).logits[0].softmax(-1)
    firsts = [encoded.word_ids().index(i) for i in range(len(WORDS[0]))]
    results["new_tags"] = {
        "words": WORDS[0],
        "tags": [f"LABEL_{scores[t].argmax().item()}" for t in firsts],
        "scores": [scores[t].max().item() for t in firsts],
    }
    ia3 = IA3Config(task_type="QUESTION_ANS", target_modules=["key", "value"], feedforward_modules=[])
    model, tokenizer = adapter("answers", AutoModelForQuestionAnswering, "roberta_answers", ia3)
    question, context = QUESTIONS[1]
    results["answers"] = {"question": question, "context": context}
    results["answers"]["best"] = answer(model, tokenizer, question, context, 48, 12, 30, 20, False)
    config = LoraConfig(task_type="CAUSAL_LM", r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"])
    model, tokenizer = adapter("text", AutoModelForCausalLM, "llama_text", config)
    encoded = tokenizer(PROMPTS[0], return_tensors="pt")
    ids = model.generate(**encoded, do_sample=False, max_new_tokens=20)[0, encoded["input_ids"].shape[1] :]
    results["text"] = {"prompt": PROMPTS[0], "greedy": tokenizer.decode(ids, skip_special_tokens=True)}
    return results


RESULTS = {"sequence": sequences, "several": sequences, "number": sequences, "tokens": tags, "answers": answers, "vectors": vectors, "text": texts}


@torch.no_grad()
def main():
    expected = {}
    for name in MODELS:
        model, tokenizer = make(name)
        expected[name] = RESULTS[name.split("_")[-1]](model, tokenizer)
        print(name, len(json.dumps(expected[name])))
    expected["adapters"] = adapters()
    write_json(OUT / "expected.json", expected)


if __name__ == "__main__":
    main()
