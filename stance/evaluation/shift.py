"""Is the measured set like the one that was trained on, and was it drawn from the same articles at random?"""

from typing import Any

import numpy as np

from stance.evaluation.pairs import Pairs
from stance.labels import LabelScheme

ATTRIBUTES = ("conflict", "genre", "outlet", "year", "source")
PERMUTATIONS = 999
LEVEL = 0.01
"""Over all attributes together: a check on every report must not cry wolf."""
MAX_VALUES = 50
"""Rarer values count as one."""
CHUNK_CELLS = 4_000_000


def compare_with_training(train: Pairs, gold: Pairs, scheme: LabelScheme, seed: int) -> dict[str, Any]:
    """How `gold` differs from `train`.

    - `labels`: label -> {train, measured}, shares
    - `attributes`: list of {name, distance, expected, p}: half the sum of absolute differences of the shares (total
      variation), its mean and the share of larger ones when groups of articles change sides at random
    - `unseen_targets`: {targets, pairs} that are not in training
    - `drawn_at_random`: whether no attribute differs more than drawing groups at random explains (Bonferroni, LEVEL)
    - `odd`: names of the attributes that do
    """
    shares = {
        name: {"train": float((train.label == i).mean()), "measured": float((gold.label == i).mean())}
        for i, name in enumerate(scheme.names)
    }
    columns: dict[str, tuple[np.ndarray, np.ndarray]] = {"label": (train.label, gold.label)}
    for name in ATTRIBUTES:
        if (pair := _numbers(train, gold, name)) is not None:
            columns[name] = pair
    rows: list[dict[str, Any]] = [
        {"name": name, **_permuted(train, gold, *pair, seed)} for name, pair in columns.items()
    ]
    odd = [row["name"] for row in rows if row["p"] <= LEVEL / len(rows)]
    known = set(train.codes("target")[1])
    codes, targets = gold.codes("target")
    unseen = np.array([target not in known for target in targets] + [True])
    return {
        "labels": shares,
        "attributes": rows,
        "unseen_targets": {"targets": int(unseen[:-1].sum()), "pairs": int(unseen[codes].sum())},
        "drawn_at_random": not odd,
        "odd": odd,
    }


def _numbers(train: Pairs, gold: Pairs, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Numbers of the attribute's most frequent values in both, or None where one side does not know it or it is always
    the same.
    """
    (one, names), (two, others) = train.codes(name), gold.codes(name)
    if not names or not others:
        return None
    order = {value: i for i, value in enumerate(dict.fromkeys([*names, *others]))}
    both = [
        np.array([order[v] for v in values] + [len(order)])[codes] for codes, values in ((one, names), (two, others))
    ]
    sizes = np.bincount(np.concatenate(both), minlength=len(order) + 1)
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    rank = np.minimum(rank, MAX_VALUES)
    return (rank[both[0]], rank[both[1]]) if (sizes > 0).sum() > 1 else None


def _permuted(train: Pairs, gold: Pairs, one: np.ndarray, two: np.ndarray, seed: int) -> dict[str, float]:
    size = int(max(one.max(), two.max())) + 1
    sides = [
        np.bincount(p.unit * size + v, minlength=p.num_groups * size).reshape(-1, size).astype(np.float64)
        for p, v in ((train, one), (gold, two))
    ]
    cells = np.concatenate(sides)
    total, measured = cells.sum(axis=0), len(sides[1])
    random = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    step = max(1, CHUNK_CELLS // len(cells))
    for start in range(0, PERMUTATIONS, step):
        draws = random.random((min(step, PERMUTATIONS - start), len(cells)))
        taken = np.argpartition(draws, measured - 1, axis=1)[:, :measured]
        chosen = np.zeros(draws.shape)
        np.put_along_axis(chosen, taken, 1.0, axis=1)
        found.append(_distance(chosen @ cells, total))
    spread = np.concatenate(found)
    distance = float(_distance(sides[1].sum(axis=0)[None], total)[0])
    p = (1 + (spread >= distance - 1e-12).sum()) / (1 + PERMUTATIONS)
    return {"distance": distance, "expected": float(spread.mean()), "p": float(p)}


def _distance(measured: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Total variation of the shares of both sides, shape (draws,), of counts of one side (draws, values)."""
    other = total - measured
    one = measured / measured.sum(axis=1, keepdims=True)
    return np.abs(one - other / np.maximum(other.sum(axis=1, keepdims=True), 1)).sum(axis=1) / 2
