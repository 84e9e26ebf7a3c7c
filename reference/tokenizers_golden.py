"""Tiny tokenizers of every kind, and the ids that transformers' AutoTokenizer gives for odd texts.

    python tokenizers_golden.py

writes ../peft-transformers/src/test/resources/tokenizers/NAME.json: the files of a folder,
its special tokens, and for each text its ids with and without special tokens and the text that
comes back.
"""

import base64
import copy
import json
import os
import pathlib
import struct
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers
from transformers import AutoTokenizer
from transformers.models.mbart import tokenization_mbart as mbart
from transformers.models.mbart50 import tokenization_mbart50 as mbart50

OUT = pathlib.Path(__file__).parent / "../peft-transformers/src/test/resources/tokenizers"

CORPUS = [
    "Once upon a time there was a king who had three daughters.",
    "The cat's hat isn't on the mat; they're 12 or 345, we'll see!\n\nYes.",
    "def f(x):\n    return x * 2\n\n\nprint(f(21))\n",
    "Käse, naïve, Übermut, façade. 東京は大きい。 привет мир",
    "   spaces   and\ttabs \n and lines\r\n",
] * 4

TEXTS = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n \n",
    "\t\tx",
    "a",
    " a",
    "a ",
    "  two  leading, two  inside, two trailing  ",
    "Once upon a time",
    "once upon a time.",
    "The cat's hat isn't THEY'RE we'LL",
    "line\nline\r\nline\r",
    "12 345 6789 1,234.50",
    "</s>",
    "end</s>",
    "end</s> begin",
    "end </s>begin",
    "a<|im_end|>b",
    "a <|im_end|> b<|im_end|>",
    "<|im_start|>user\nhi<|im_end|>\n",
    "x<unk>y<pad>z",
    "x<|endoftext|>y",
    "<s",
    "mid <s> dle",
    "<extra_id_0> and <extra_id_1>",
    "<tag>word<tag> x",
    "\U0001F600 smile \U0001F468‍\U0001F469‍\U0001F467",
    "e\u0301 \u00e9 a\u0300\u0301 n\u0303",
    "o\ufb03ce \uff21\uff22 \u2460 x\u00b2",
    "東京は大きい。中文字符",
    "привет мир",
    "a\u00a0b\u00a0\u00a0c\u2003d\u200be\ufefff",
    "\u2581lower\u2581block \u2581",
    "x" * 300,
    "ab" * 150 + " " * 40 + "c",
    "a\u0000b\u0007c\u007f",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "if (a[0] != b->c) { return \"d\\n\"; } // ok",
    "\u0130stanbul \u1e9e stra\u00dfe",
    "\n leading newline",
    " \n x \n ",
    "'s 's's 'S",
]

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
    r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def special(*tokens):
    return [AddedToken(token, special=True, normalized=False) for token in tokens]


def sentencepiece_bpe(metaspace):
    """As Llama 2: bytes for what has no token, and "▁" for a space."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)],
        show_progress=False,
    )
    # Words are learnt from pieces, or a merge would take whole sentences.
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    trained.train_from_iterator(CORPUS, trainer)
    learnt = json.loads(trained.to_str())["model"]
    tokenizer.model = models.BPE(
        vocab=learnt["vocab"],
        merges=[tuple(pair) for pair in learnt["merges"]],
        unk_token="<unk>",
        fuse_unk=True,
        byte_fallback=True,
    )
    tokenizer.add_special_tokens(special("<unk>", "<s>", "</s>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return tokenizer


def byte_level(expression=None, normalizer=None, tokens=("<|endoftext|>",), begin=None):
    """As GPT-2, Llama 3, Qwen 2 and tekken."""
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    if expression:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(expression), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(special(*tokens))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if begin:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{begin} $A",
            pair=f"{begin} $A {begin} $B",
            special_tokens=[(begin, tokenizer.token_to_id(begin))],
        )
    return tokenizer


def character_map(replacements):
    """A precompiled_charsmap: a double array in the order of bytes, then the replacements."""
    text = b""
    trie = {}
    for source, target in replacements.items():
        node = trie
        for byte in source.encode():
            node = node.setdefault(byte, {})
        node[None] = len(text)
        text += target.encode() + b"\0"
    units = {0: 0}
    used_bases = set()

    def place(node, unit):
        """Finds a block for the children of a node, so that its offset fits in the unit."""
        keys = [0 if key is None else key for key in node]
        base = 256
        while base in used_bases or any(base ^ key in units for key in keys):
            base += 256
        used_bases.add(base)
        for key in keys:
            units[base ^ key] = 0
        offset = unit ^ base
        assert offset < 1 << 21
        units[unit] |= offset << 10 | (256 if None in node else 0)
        for key, child in node.items():
            if key is None:
                units[base] = child
            else:
                units[base ^ key] |= key
                place(child, base ^ key)

    place(trie, 0)
    size = (max(units) // 256 + 1) * 256
    array = [units.get(i, 0) for i in range(size)]
    return struct.pack("<I", 4 * size) + struct.pack(f"<{size}I", *array) + text


def unigram(mapped=True):
    """As T5."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    file = json.loads(tokenizer.to_str())
    file["model"]["unk_id"] = 2
    # Fewer digits make a smaller file; ids are those of this file.
    file["model"]["vocab"] = [[text, round(score, 6)] for text, score in file["model"]["vocab"]]
    if mapped:
        table = character_map(
            {"\ufb03": "ffi", "\uff21": "A", "\uff22": "B", "\u00a0": " ", "\t": " ", "\n": " "}
        )
        steps = [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(table).decode()},
            {"type": "Strip", "strip_left": False, "strip_right": True},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"},
        ]
        file["normalizer"] = {"type": "Sequence", "normalizers": steps}
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return tokenizer


def word_piece(lowercase=True):
    """As BERT."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=220,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def as_roberta(tokenizer, trim=True):
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")), trim, False
    )
    return tokenizer


def as_xlm_roberta(tokenizer):
    """Its first tokens are <s>, <pad>, </s> and <unk>."""
    file = json.loads(tokenizer.to_str())
    pieces = [[text, 0.0] for text in ("<s>", "<pad>", "</s>", "<unk>")]
    file["model"]["vocab"] = pieces + file["model"]["vocab"][3:] + [["<mask>", 0.0]]
    file["model"]["unk_id"] = 3
    file["added_tokens"] = []
    file["post_processor"] = None
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_special_tokens(special("<s>", "<pad>", "</s>", "<unk>"))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def as_mbart(tokenizer, languages):
    """XLM-RoBERTa's pieces, then the languages."""
    file = json.loads(as_xlm_roberta(tokenizer).to_str())
    pieces = file["model"]["vocab"]
    file["model"]["vocab"] = pieces[:-1] + [[code, 0.0] for code in languages] + [pieces[-1]]
    file["added_tokens"] = []
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_special_tokens(special("<s>", "<pad>", "</s>", "<unk>", *languages))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def as_gemma(tokenizer):
    file = json.loads(tokenizer.to_str())
    names = {"<unk>": "<pad>", "<s>": "<eos>", "</s>": "<bos>"}
    vocabulary = file["model"]["vocab"]
    file["model"]["vocab"] = {names.get(text, text): id for text, id in vocabulary.items()}
    file["model"]["vocab"]["<unk>"] = len(vocabulary)
    file["model"]["merges"] = [
        pair for pair in file["model"]["merges"] if not set(pair) & set(names)
    ]
    file["added_tokens"] = []
    file["post_processor"] = None
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_special_tokens(special("<pad>", "<eos>", "<bos>", "<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", 2)]
    )
    return tokenizer


def added(*tokens, first):
    return {
        str(first + i): {
            "content": token,
            "lstrip": False,
            "normalized": token == "<tag>",
            "rstrip": False,
            "single_word": False,
            "special": token != "<tag>",
        }
        for i, token in enumerate(tokens)
    }


def cases():
    """Name, tokenizer, model_type, tokenizer_config.json."""
    piece = sentencepiece_bpe(metaspace=False)
    space = sentencepiece_bpe(metaspace=True)
    llama = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>"}
    yield "llama", piece, "llama", llama
    yield "llama-legacy", piece, "llama", {**llama, "legacy": True, "unk_token": "<unk>"}
    yield "llama-no-prefix", space, "llama", {**llama, "add_prefix_space": False}
    yield "llama-no-config", piece, "llama", None
    yield "llama-ends", piece, "llama", {
        **llama,
        "add_bos_token": False,
        "add_eos_token": True,
        "pad_token": "<pad>",
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "eos_token": "<|im_end|>",
    }
    size = piece.get_vocab_size()
    yield "llama-added", piece, "llama", {
        "tokenizer_class": "LlamaTokenizerFast",
        "legacy": False,
        "added_tokens_decoder": {
            **added("<unk>", "<s>", "</s>", first=0),
            **added("<|im_end|>", "<tag>", "<|im_start|>", first=size),
        },
        "eos_token": "<|im_end|>",
        "unk_token": None,
    }
    yield "llama3", byte_level(
        LLAMA3, tokens=("<|begin_of_text|>", "<|im_end|>"), begin="<|begin_of_text|>"
    ), "llama", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|im_end|>",
        "add_eos_token": True,
    }
    yield "mistral", piece, "mistral", {**llama, "add_prefix_space": None, "pad_token": "</s>"}
    yield "mistral-older-files", piece, "mistral", llama
    yield "tekken", byte_level(
        TEKKEN, tokens=("<unk>", "<s>", "</s>", "<pad>"), begin="<s>"
    ), "mistral", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "clean_up_tokenization_spaces": True,
    }
    qwen = byte_level(
        QWEN2, normalizers.NFC(), ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    )
    first = qwen.token_to_id("<|endoftext|>")
    yield "qwen2", qwen, "qwen2", {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_prefix_space": False,
        "added_tokens_decoder": added("<|endoftext|>", "<|im_start|>", "<|im_end|>", first=first),
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "errors": "replace",
        "split_special_tokens": False,
    }
    yield "qwen2-other-class", byte_level(
        LLAMA3, tokens=("<|endoftext|>", "<|im_end|>")
    ), "qwen2", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>"}
    yield "qwen2-prefix", qwen, "qwen2", {"add_prefix_space": True}
    gpt2 = byte_level()
    yield "gpt2", gpt2, "gpt2", {"tokenizer_class": "GPT2Tokenizer"}
    yield "gpt2-prefix", gpt2, "gpt2", {
        "tokenizer_class": "GPT2TokenizerFast",
        "add_prefix_space": True,
        "pad_token": {
            "__type": "AddedToken",
            "content": "<pad>",
            "lstrip": False,
            "normalized": True,
            "rstrip": True,
            "single_word": False,
        },
    }
    yield "gpt2-as-is", byte_level(LLAMA3), "gpt2", {"tokenizer_class": "PreTrainedTokenizerFast"}
    yield "opt", byte_level(tokens=("</s>", "<pad>"), begin="</s>"), "opt", {
        "tokenizer_class": "GPT2Tokenizer",
        "add_bos_token": True,
        "bos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": False,
                      "normalized": True, "rstrip": False, "single_word": False},
        "eos_token": "</s>",
        "unk_token": "</s>",
        "pad_token": "<pad>",
    }
    yield "t5", unigram(), "t5", {
        "tokenizer_class": "T5Tokenizer",
        "extra_ids": 4,
        "clean_up_tokenization_spaces": True,
    }
    yield "t5-sentinels", unigram(mapped=False), "t5", {
        "eos_token": "</s>",
        "additional_special_tokens": ["<extra_id_0>", "<extra_id_1>"],
    }
    yield "unigram-as-is", unigram(), "t5", {"tokenizer_class": "PreTrainedTokenizerFast"}
    yield from encoders()
    yield from other_classes()


def encoders():
    yield "bert", word_piece(), "bert", None
    cased = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    yield "bert-cased", word_piece(), "bert", {
        **cased,
        "strip_accents": True,
        "tokenize_chinese_chars": False,
        "model_max_length": 512,
    }
    yield "distilbert", word_piece(lowercase=False), "distilbert", {
        "tokenizer_class": "DistilBertTokenizerFast",
        "do_lower_case": False,
        "mask_token": "[MASK]",
    }
    yield "electra", word_piece(), "electra", {
        "tokenizer_class": "ElectraTokenizer",
        "strip_accents": False,
        "sep_token": "[MASK]",
    }
    tokens = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    roberta = as_roberta(byte_level(tokens=tokens))
    yield "roberta", roberta, "roberta", {"tokenizer_class": "RobertaTokenizer"}
    yield "roberta-prefix", roberta, "roberta", {
        "tokenizer_class": "RobertaTokenizerFast",
        "add_prefix_space": True,
    }
    yield "bart", as_roberta(byte_level(tokens=tokens), trim=False), "bart", {
        "tokenizer_class": "BartTokenizer",
        "trim_offsets": False,
    }
    yield "xlm-roberta", as_xlm_roberta(unigram()), "xlm-roberta", {
        "tokenizer_class": "XLMRobertaTokenizer",
        "sep_token": "</s>",
    }
    yield "xlm-roberta-no-prefix", as_xlm_roberta(unigram(mapped=False)), "xlm-roberta", {
        "add_prefix_space": False
    }


def other_classes():
    yield "gpt-neox", byte_level(LLAMA3, tokens=("<|endoftext|>", "<|padding|>")), "gpt_neox", {
        "tokenizer_class": "GPTNeoXTokenizer",
        "add_bos_token": True,
    }
    gemma = as_gemma(sentencepiece_bpe(metaspace=False))
    yield "gemma", gemma, "gemma2", {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>"}
    yield "bloom", byte_level(LLAMA3), "bloom", {"tokenizer_class": "BloomTokenizerFast"}
    yield "olmo2-other-class", byte_level(LLAMA3), "olmo2", {"tokenizer_class": "GPT2Tokenizer"}
    yield "qwen3", byte_level(LLAMA3), "qwen3", None
    languages = mbart.FAIRSEQ_LANGUAGE_CODES
    yield "mbart", as_mbart(unigram(), languages), "mbart", {
        "tokenizer_class": "MBartTokenizer", "src_lang": "de_DE", "tgt_lang": "ro_RO",
    }
    yield "mbart-no-config", as_mbart(unigram(mapped=False), languages), "mbart", None
    yield "mbart50", as_mbart(unigram(), mbart50.FAIRSEQ_LANGUAGE_CODES), "mbart", {
        "tokenizer_class": "MBart50TokenizerFast", "src_lang": "fr_XX",
        "additional_special_tokens": ["ar_AR", "fr_XX", "<tag>"],
    }
    yield "left", byte_level(), "gpt2", {"truncation_side": "left"}


# Beside a tokenizer_config.json without added_tokens_decoder.
OLDER_FILES = {
    "special_tokens_map.json": {
        "eos_token": {
            "content": "<|im_end|>",
            "lstrip": True,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
        },
        "pad_token": "</s>",
        "additional_special_tokens": ["<|im_start|>"],
    },
    "added_tokens.json": {"<tag>": 421, "<|endoftext|>": 420},
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, tokenizer, model_type, config in cases():
        files = {
            "tokenizer.json": json.loads(tokenizer.to_str()),
            "config.json": {"model_type": model_type},
        }
        if config is not None:
            files["tokenizer_config.json"] = config
        if name.endswith("older-files"):
            files.update(OLDER_FILES)
        with tempfile.TemporaryDirectory() as folder:
            for file, content in copy.deepcopy(files).items():
                (pathlib.Path(folder) / file).write_text(json.dumps(content))
            auto = AutoTokenizer.from_pretrained(folder)
        rows = []
        for text in TEXTS:
            ids = auto.encode(text)
            rows.append(
                {
                    "text": text,
                    "ids": ids,
                    "plain": auto.encode(text, add_special_tokens=False),
                    "decoded": auto.decode(ids, skip_special_tokens=True),
                }
            )
        golden = {
            "files": files,
            "class": type(auto).__name__,
            "bos": auto.bos_token_id,
            "eos": auto.eos_token_id,
            "pad": auto.pad_token_id,
            "size": max(auto.get_vocab().values()) + 1,
            "texts": rows,
        }
        text = json.dumps(golden, separators=(",", ":"))
        (OUT / f"{name}.json").write_text(text + "\n")
        print(name, golden["class"], len(text))


if __name__ == "__main__":
    main()
