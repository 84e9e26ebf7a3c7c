"""Writes what Python's re makes of regular expressions: python patterns.py"""

import json
import re
import warnings
from pathlib import Path

OUT = Path(__file__).parent.parent / "peft-core/src/test/resources/python_patterns.json"

PATTERNS = [
    r".*\.(q|v)_proj", r"(?P<layer>a+)b", r"^(?!.*lm_head).*proj$", r".*(?<!self_attn\.)q_proj", r"a{,2}b", r"a{2,}b",
    r"a{2}{", r"a{x}", r"[]a]+", r"[^]a]+", r"[a\-z]+", r"[\w.]+", r"(?i)Q_Proj", r"(?i:Q)_proj", r"\Aab\Z", r"ab$",
    r"a|b|", r"(a|ab)(c|bcd)(d*)", r"(?>a|ab)c", r"a++b", r"a*+a", r"(?:a*)*b", r"(?:^)*a", r"\bq\b.*", r".\B.",
    r"(?s)a.b", r"a.b", r"(?m)a$.b", r"(?x) a b # c", r"\x61\u0062\143", r"\d+\.\w", r"\s", r"[\d\-_]+", r"(?#c)ab",
    r"(?:(?:a){3}){2}", r"x*?y", r"(?=ab)a", r"(?=ab)ab", r"a(?<=a)b", r"(?<=^a)b", r"a{0}b", r"{", r"a{,}", "é+", r"\W",
    r"[[]", r"(?-i:a)", r"(?u)a", r"a??b", r"[a-c]{1,2}", r"layers\.(0|1)\..*", r"((a)|b)+", r"(?i:É)+", r"(?a)\w+",
    r"[^\W\d]+", r"(?:a|b(?=c))*c?", r"(a)?(?:ab)?", r"(?ms)^b", r"[\]\\]", r"[a-]+",
]
TEXTS = [
    "", "a", "b", "ab", "aab", "aaab", "aaaaaa", "abc", "abcd", "acd", "q_proj", "Q_PROJ", "x.q_proj",
    "model.self_attn.q_proj", "model.mlp.up_proj", "lm_head.proj", "a\n", "ab\n", "a\nb", "a{2}{", "a{x}", "{", "]", "]a",
    "a-z", "-_1", "1.a", " ", "é", "éé", "É", "q b", "aa{", "aa", "layers.0.x", "layers.2.x", "xxy", "y", "a{,}", "[", "A",
    "bc", "²", "\u00a0", "\\", "x\U0001f600", "\U0001f600\U0001f600",
]
BROKEN = [
    r"\p{L}", r"\Qa\E", r"\h", "(", ")", "[", "a**", "a{2}{3}", "*a", "^*", "(?P<1>a)", "(?P<a>a)(?P<a>b)", "(?<=a*)b",
    "a{3,2}", "[b-a]", r"[a-\d]", "a(?i)b", r"\x6", "(?z)", "\\", "(?P<a", "(?Pa)", r"[\Z]", r"\i", "(?i",
]


def row(pattern: str) -> list:
    compiled = re.compile(pattern)
    results = []
    for text in TEXTS:
        match = compiled.match(text)
        results.append([compiled.fullmatch(text) is not None, match.group(1) if match and compiled.groups else None])
    return results


def main() -> None:
    warnings.simplefilter("ignore")
    for pattern in BROKEN:
        try:
            re.compile(pattern)
        except re.error:
            continue
        raise AssertionError(pattern)
    golden = {"texts": TEXTS, "broken": BROKEN, "patterns": {pattern: row(pattern) for pattern in PATTERNS}}
    OUT.write_text(json.dumps(golden) + "\n")


main()
