"""Holders against their bars: the bundled test split and, where it is at hand, real news."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.holders_fit import articles, polar, short_article
from bench.table import Row, print_table
from stance.analysis.cues import REPORTING
from stance.analysis.holders import AUTHOR, find_holder, matches

FOLDER = Path(os.environ.get("STANCE_RUN", "outputs/default"))
REAL = Path(os.environ.get("STANCE_REAL_NEWS", "../shared/data/real_news_dev.jsonl"))
NAME = re.compile(r"(?:[A-Z][\w.’'-]*\s?)+")
VERB = re.compile(rf"\b(?:{'|'.join(sorted(REPORTING))})\b")


def baseline(sentence: str) -> str:
    """The last capitalised name before the first reporting verb that has one; else the author."""
    for verb in VERB.finditer(sentence):
        names = NAME.findall(sentence[: verb.start()])
        if names:
            return names[-1].strip()
    return AUTHOR


def real_rows() -> list[tuple[str, str, str]]:
    """(sentence, holder wanted, holder found) of the polar rows; an article is the sentence with its neighbours."""
    result = []
    for line in REAL.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["label"] not in {"favor", "against"} or not row["holder"]:
            continue
        article, number = short_article(row["prev"] or "", row["text"], row["next"] or "")
        result.append((row["text"], row["holder"], find_holder(article, number).text))
    return result


def bundled_rows(split: str) -> list[tuple[str, str, str]]:
    """The same of a split of the bundled corpus, within whole articles."""
    made, places = articles(FOLDER)
    return [
        (e.text, e.holder or "", find_holder(made[e.document], places[e.document][e.start]).text)
        for e in polar(FOLDER, split)
    ]


def rows() -> list[Row]:
    """The bars of holders."""
    found = [
        _row("holders, bundled test split", 0.85, bundled_rows("test"), f"exact or head match, polar pairs of {FOLDER}")
    ]
    if REAL.exists():
        found.append(
            _row("holders, real news", 0.65, real_rows(), "exact or head match, polar rows, one sentence of context")
        )
    return [row for pair in found for row in pair]


def _row(what: str, bar: float, answers: Sequence[tuple[str, str, str]], how: str) -> tuple[Row, Row]:
    ours = float(np.mean([matches(found, wanted) for _, wanted, found in answers]))
    theirs = float(np.mean([matches(baseline(text), wanted) for text, wanted, _ in answers]))
    how = f"{how}; n = {len(answers)}"
    return (
        Row(what, f"at least {bar}", f"{ours:.3f}", how, ours >= bar),
        Row(f"{what}: last name before a reporting verb", "beside it", f"{theirs:.3f}", how),
    )


if __name__ == "__main__":
    print_table("Findings: who", rows())
