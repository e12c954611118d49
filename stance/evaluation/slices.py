"""Where a system is right and where it is not: parts of the measured set, minimal pairs, confident errors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from stance.bootstrap import Resampling, draws
from stance.evaluation.answers import Answers
from stance.evaluation.metrics import accuracy, headline_metrics
from stance.evaluation.pairs import Pairs, encode, pc
from stance.evaluation.scores import interval
from stance.labels import LabelScheme

MIN_SLICE_PAIRS = 10
MIN_GROUPS_FOR_INTERVAL = 5
"""Fewer groups of articles can be redrawn in so few ways that quantiles say nothing."""
MAX_SLICES = 40
"""Of each kind, the largest."""
MAX_ERRORS_SHOWN = 10
KINDS = ("target", "conflict", "genre", "intervener", "outlet", "year")


def score_slices(
    gold: Pairs, answers: Answers, scheme: LabelScheme, resampling: Resampling, train: Pairs | None = None
) -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
    """(slices with at least MIN_SLICE_PAIRS pairs, the largest of a kind first; what is left out, counted by kind).

    A slice is {kind, value, pairs, articles, groups, accuracy, macro_f1_three_way}, the two metrics as {value, low,
    high} with None as low and high below MIN_GROUPS_FOR_INTERVAL groups. What is left out is {values, pairs}.
    """
    from scipy.sparse import csr_array

    size = len(scheme.names)
    rows: list[dict[str, Any]] = []
    small: dict[str, dict[str, int]] = {}
    cells: list[np.ndarray] = []
    units: list[np.ndarray] = []
    document = gold.codes("document")[0]
    for kind, (place, value, names) in _members(gold, train).items():
        sizes = np.bincount(value, minlength=len(names))
        order = sorted(range(len(names)), key=lambda i: (-sizes[i], names[i]))
        shown = [i for i in order if sizes[i] >= MIN_SLICE_PAIRS][:MAX_SLICES]
        left = [i for i in order if i not in set(shown)]
        if left:
            small[kind] = {"values": len(left), "pairs": int(sizes[left].sum())}
        for i in shown:
            mine = place[value == i]
            cell = (len(rows) * size + gold.label[mine]) * size + answers.label[mine]
            cells.append(cell)
            units.append(gold.unit[mine])
            groups = len(np.unique(gold.unit[mine]))
            articles = len(np.unique(document[mine]))
            rows.append({"kind": kind, "value": names[i], "pairs": len(mine), "articles": articles, "groups": groups})
    if not rows:
        return rows, small
    column, unit = np.concatenate(cells), np.concatenate(units)
    shape = (gold.num_groups, len(rows) * size**2)
    matrix = csr_array((np.ones(len(column)), (unit, column)), shape=shape)
    matrix.sum_duplicates()
    whole = np.asarray(matrix.sum(axis=0)).reshape(len(rows), size, size)
    parts = [(counts @ matrix).reshape(-1, len(rows), size, size) for counts in draws(gold.num_groups, resampling)]
    resampled = np.concatenate(parts)
    point, spread = _two_metrics(whole, scheme), _two_metrics(resampled, scheme)
    drawn = resampled.sum(axis=(2, 3)) > 0
    for i, row in enumerate(rows):
        unknown = {"low": None, "high": None} if row["groups"] < MIN_GROUPS_FOR_INTERVAL else {}
        for metric, values in point.items():
            row[metric] = interval(float(values[i]), spread[metric][drawn[:, i], i], resampling.confidence) | unknown
    return rows, small


def score_minimal_pairs(gold: Pairs, answers: Answers) -> dict[str, int]:
    """{couples, both_right}: of the couples that are whole in the set, those with every member labelled right."""
    couple, names = gold.codes("minimal_pair")
    mine = couple >= 0
    members = np.bincount(couple[mine], minlength=len(names))
    right = np.bincount(couple[mine], weights=(answers.label == gold.label)[mine], minlength=len(names))
    whole = members > 1
    return {"couples": int(whole.sum()), "both_right": int((whole & (right == members)).sum())}


def score_target_use(gold: Pairs, answers: Answers) -> dict[str, int | bool | None]:
    """What changes when the same sentence is asked about another target.

    {texts: sentences asked about several targets; gold_differs: of them, with different gold; answer_differs: of those,
    with different answers; all_right: of those, with every answer right; identical: whether all answers of all texts,
    probabilities included, are the same, None where no text has two targets}.
    """
    text = gold.codes("text")[0]
    targets = gold.codes("target")[0]
    several = np.bincount(np.unique(np.stack([text, targets]), axis=1)[0], minlength=text.max() + 1) > 1
    mine = several[text] & (text >= 0)
    if not mine.any():
        return {"texts": 0, "gold_differs": 0, "answer_differs": 0, "all_right": 0, "identical": None}
    code = np.unique(text[mine], return_inverse=True)[1]
    size = int(code.max()) + 1

    def differs(values: np.ndarray) -> np.ndarray:
        low, high = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(low, code, values)
        np.maximum.at(high, code, values)
        return high - low > 1e-6

    asked = differs(gold.label[mine].astype(float))
    changed = differs(answers.label[mine].astype(float))
    moved = changed
    if answers.probabilities is not None:
        moved = np.any([changed, *(differs(column) for column in answers.probabilities[mine].T)], axis=0)
    wrong = np.bincount(code, weights=(answers.label != gold.label)[mine], minlength=size) > 0
    return {
        "texts": size,
        "gold_differs": int(asked.sum()),
        "answer_differs": int((asked & changed).sum()),
        "all_right": int((asked & ~wrong).sum()),
        "identical": bool(not moved.any()),
    }


def confident_errors(gold: Pairs, answers: Answers, scheme: LabelScheme) -> list[dict[str, Any]]:
    """The wrong answers of highest probability, MAX_ERRORS_SHOWN at most, the surest first."""
    sureness = answers.sureness if answers.sureness is not None else np.zeros(len(gold))
    wrong = np.flatnonzero(answers.label != gold.label)
    if len(wrong) > MAX_ERRORS_SHOWN:
        last = np.sort(sureness[wrong])[-MAX_ERRORS_SHOWN]
        wrong = wrong[sureness[wrong] >= last]
    names = gold.table["id"].take(pa.array(wrong)).to_pylist()
    order = sorted(range(len(wrong)), key=lambda i: (-sureness[wrong[i]], names[i]))[:MAX_ERRORS_SHOWN]
    rows = gold.table.take(pa.array(wrong[order], pa.int64())).to_pylist()
    return [
        {
            "text": row["text"],
            "target": row["target"],
            "gold": scheme.names[gold.label[i]],
            "predicted": scheme.names[answers.label[i]],
            "probability": None if answers.sureness is None else float(sureness[i]),
            "document": row["document"],
            "holder": row["holder"],
            "tags": list(row["tags"] or ()),
        }
        for i, row in zip(wrong[order], rows, strict=True)
    ]


def _two_metrics(confusion: np.ndarray, scheme: LabelScheme) -> Mapping[str, np.ndarray]:
    return {
        "accuracy": accuracy(confusion),
        "macro_f1_three_way": headline_metrics(confusion, scheme)["macro_f1_three_way"],
    }


def _members(gold: Pairs, train: Pairs | None) -> dict[str, tuple[np.ndarray, np.ndarray, list[str]]]:
    """Kind -> (positions of pairs, number of the value of each, values); a pair may have several tags."""
    found = {}
    for kind in KINDS:
        codes, names = gold.codes(kind)
        mine = np.flatnonzero(codes >= 0)
        found[kind] = (mine, codes[mine], names)
    tags = gold.table["tags"].combine_chunks()
    codes, names = encode(pa.chunked_array([pc.list_flatten(tags)], pa.string()))
    owner = pc.list_parent_indices(tags).to_numpy().astype(np.int64)
    once = np.unique(np.stack([owner, codes]), axis=1)
    found["tag"] = (once[0], once[1], names)
    if train is not None:
        known = set(train.codes("target")[1])
        codes, targets = gold.codes("target")
        seen = np.array([target in known for target in targets] + [False])[codes].astype(np.int64)
        found["target in training"] = (np.arange(len(gold)), seen, ["new", "seen"])
    return {kind: part for kind, part in found.items() if len(part[0])}
