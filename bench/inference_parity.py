"""Parity of every backend with torch in fp32: logits, labels, macro-F1, and whether neighbours move a score."""

import argparse
import math
from pathlib import Path

import numpy as np

from bench.table import Row
from stance.evaluation.parity import Parity, Tolerance, measure_parity
from stance.examples import pair_lists, read_examples
from stance.model.backends.choose import available, open_scorer
from stance.model.folder import read_settings
from stance.storage import read_rows

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
PAIRS = 2000
"""For fp32, as the bar says; as many of train are read for the flips of int8."""
NORMAL_95 = 1.96


def parity_rows(options: argparse.Namespace, pairs: list[tuple[str, str]]) -> list[Row]:
    """fp32 over up to 2,000 pairs; int8 on dev and on the real sentences; neighbours for every backend."""
    names = read_settings(options.model).scheme.names
    reference = open_scorer(options.model, "torch-fp32", options.threads)
    scorers = {name: open_scorer(options.model, name, options.threads) for name in available(options.model)}
    train = list(zip(*pair_lists(read_examples(options.dataset, "train"))[:2], strict=True))
    train = train[:: max(1, len(train) // PAIRS)][:PAIRS]
    rows: list[Row] = []
    for what, some in (("test pairs and real sentences", pairs), ("train", train)):
        texts, targets = map(list, zip(*some[:PAIRS], strict=True))
        expected = reference.logits(texts, targets)
        found = {name: s.logits(texts, targets) for name, s in scorers.items() if name.startswith("onnx")}
        how = f"{len(texts)} pairs of {what} against torch"
        for name, logits in found.items():
            flips = int((logits.argmax(1) != expected.argmax(1)).sum())
            worst = float(np.abs(logits - expected).max())
            if name == "onnx-fp32":
                value, ok = f"{worst:.1e}, {flips} flips", worst <= 1e-4 and not flips
                rows.append(Row(f"{name}: logits", "<= 1e-4, no flip", value, how, ok))
            else:
                low, high = wilson(flips, len(texts))
                value = f"{flips / len(texts):.2%} [{low:.2%}, {high:.2%}]"
                rows.append(Row(f"{name}: flips on {what}", "", value, how))
    for what, (texts, targets, labels, groups) in _gold_sets(options.dataset):
        expected = reference.logits(texts, targets)
        gold = [names.index(label) for label in labels]
        for name, scorer in scorers.items():
            rows += _gold_rows(name, what, measure_parity(scorer, texts, targets, None, gold, groups, expected))
    return rows


def _gold_rows(name: str, what: str, p: Parity) -> list[Row]:
    value = (
        f"{p.label_flips / p.pairs:.2%} flips, F1 loss {p.macro_f1_loss:+.4f} [{p.macro_f1_loss_low:+.4f}, "
        f"{p.macro_f1_loss_high:+.4f}], drift <= {p.max_probability_difference:.3f}"
    )
    ok = not p.problems(Tolerance(), batch_dependence_allowed=True) if name == "onnx-int8" else None
    alone = p.max_batch_difference
    bar = "<= 1.0%, <= 0.005" if ok is not None else ""
    return [
        Row(f"{name}: parity on {what}", bar, value, f"{p.pairs} pairs against torch fp32", ok),
        Row(f"{name}: neighbours, {what}", "<= 1e-5", f"{alone:.1e}", "64 pairs alone and in batches", alone <= 1e-5),
    ]


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927), which does not shrink to nothing at a count of 0."""
    share, z = count / of, NORMAL_95
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _gold_sets(dataset: Path) -> list[tuple[str, tuple[list[str], ...]]]:
    """(name, (texts, targets, labels, groups)) of each labelled set at hand."""
    dev = read_examples(dataset, "dev")
    sets: list[tuple[str, tuple[list[str], ...]]] = [
        ("dev", ([e.text for e in dev], [e.target for e in dev], [e.label for e in dev], [e.group for e in dev]))
    ]
    real = SHARED / "real_news_dev.jsonl"
    if real.is_file():
        rows = [row for _, row in read_rows(real)]
        sets.append(("real_news_dev", tuple([r[k] for r in rows] for k in ("text", "target", "label4", "doc_id"))))
    return sets
