"""Rows that say their languages, as mBART's tokenizers read them, and what tiny models write of them.

    python languages.py

writes ../peft-transformers/src/test/resources/golden/languages/NAME: a model of random weights with its tokenizer, and
expected.json with ids, labels, the decoder's input and texts.
"""

import json
import pathlib

import torch
from transformers import AutoTokenizer, MBartConfig, MBartForConditionalGeneration
from transformers.models.mbart import tokenization_mbart as mbart
from transformers.models.mbart.modeling_mbart import shift_tokens_right
from transformers.models.mbart50 import tokenization_mbart50 as mbart50

from tokenizers_golden import as_mbart, unigram

OUT = pathlib.Path(__file__).parent / "../peft-transformers/src/test/resources/golden/languages"
ROWS = [
    ("Once upon a time there was a king.", "de_DE", "The cat's hat", "fr_XX"),
    ("The cat isn't on the mat; we'll see!", "fr_XX", "Käse, naïve", "de_DE"),
    ("a king", "de_DE", "the hat", "fr_XX"),
    ("the mat", "fr_XX", "Käse", "de_DE"),
    ("three daughters", "en_XX", "Once upon a time", "ro_RO"),
    ("The cat's hat isn't on the mat; they're 12 or 345, we'll see! Yes. def f(x)", "de_DE", "a king who had three daughters", "fr_XX"),
]
LONGEST = 24


def write(name: str, languages: list[str], kind: str, seed: int) -> None:
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    fast = as_mbart(unigram(), languages)
    fast.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind, "src_lang": "de_DE"}, indent=2) + "\n")
    torch.manual_seed(seed)
    config = MBartConfig(
        vocab_size=fast.get_vocab_size(), d_model=12, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=3, encoder_ffn_dim=10, decoder_ffn_dim=14, max_position_embeddings=40, init_std=0.6,
        decoder_start_token_id=2)
    model = MBartForConditionalGeneration(config).eval()
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert type(tokenizer).__name__ == kind, type(tokenizer)
    rows = []
    for source, source_lang, target, target_lang in ROWS:
        tokenizer.src_lang, tokenizer.tgt_lang = source_lang, target_lang
        ids = tokenizer(source, truncation=True, max_length=LONGEST)["input_ids"]
        labels = tokenizer(text_target=target, truncation=True, max_length=LONGEST)["input_ids"]
        decoder = shift_tokens_right(torch.tensor([labels]), config.pad_token_id)[0].tolist()
        code = tokenizer.convert_tokens_to_ids(target_lang)
        # As the documentation of both models says it; _build_translation_inputs forces the language of both.
        how = {"decoder_start_token_id": code} if name == "mbart" else {"forced_bos_token_id": code}
        texts = []
        for beams in (1, 3):
            made = model.generate(torch.tensor([ids]), num_beams=beams, max_new_tokens=9, do_sample=False, **how)
            texts.append(tokenizer.decode(made[0], skip_special_tokens=True))
        rows.append({"source": source, "source_lang": source_lang, "target": target, "target_lang": target_lang,
                     "input_ids": ids, "labels": labels, "decoder_input_ids": decoder, "greedy": texts[0], "beams": texts[1]})
        print(rows[-1])
    (folder / "expected.json").write_text(json.dumps({"longest": LONGEST, "rows": rows}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write("mbart", mbart.FAIRSEQ_LANGUAGE_CODES, "MBartTokenizer", 11)
    write("mbart50", mbart50.FAIRSEQ_LANGUAGE_CODES, "MBart50Tokenizer", 12)
