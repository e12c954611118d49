"""What becomes of a model's answers on changed examples: flip and failure rates with intervals over articles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, percentile_interval, resampled_confusions
from stance.labels import LabelScheme
from stance.probing.edit import choose
from stance.probing.transformations import TRANSFORMATIONS, apply, expected_labels
from stance.records import Example, Record

Score = Callable[[Sequence[Example]], np.ndarray]
"""Examples -> probabilities of shape (examples, labels)."""
FEW_PAIRS = 30
"""A test that fits fewer pairs of the split takes pairs from the other splits too."""
EXAMPLES_SHOWN = 3


@dataclass(frozen=True)
class Case:
    """One test of one example."""

    test: str
    original: Example
    changed: Example
    split: str


class Outcome(Record):
    """A row of examples.jsonl: what was asked before and after, what was answered, what was expected."""

    test: str
    kind: str
    id: str
    split: str
    group: str
    gold: str
    text: str
    target: str
    changed_text: str
    changed_target: str
    predicted: str
    changed_predicted: str
    probability: float
    changed_probability: float
    expected: tuple[str, ...]
    counted: bool
    """Direction tests count where the answer was right before: otherwise nothing can be said about the one after."""
    failed: bool


def make_cases(
    splits: Mapping[str, Sequence[Example]], scheme: LabelScheme, most: int
) -> tuple[list[Case], dict[str, dict[str, int]]]:
    """(cases of every test, at most `most` a test; test -> {tried, fitting, taken}).

    `splits` are in order of preference: a later one is drawn from only while a test has fewer than FEW_PAIRS cases.
    Which pairs are taken depends on their ids alone.
    """
    cases: list[Case] = []
    counts: dict[str, dict[str, int]] = {}
    for name, transformation in TRANSFORMATIONS.items():
        taken: list[Case] = []
        count = {"tried": 0, "fitting": 0, "taken": 0}
        for split, examples in splits.items():
            if len(taken) >= min(FEW_PAIRS, most):
                break
            found = [(e, changed) for e in examples if (changed := apply(transformation, e, scheme))]
            found.sort(key=lambda pair: choose(pair[0], range(1 << 62), name))
            count["tried"] += len(examples)
            count["fitting"] += len(found)
            taken += [Case(name, e, changed, split) for e, changed in found[: most - len(taken)]]
        counts[name] = count | {"taken": len(taken)}
        cases += taken
    return cases, counts


def run_cases(cases: Sequence[Case], score: Score, scheme: LabelScheme) -> list[Outcome]:
    """Ask the model about every example before and after; one Outcome a case, in order."""
    if not cases:
        return []
    originals = {case.original.id: case.original for case in cases}
    rows = score([*originals.values(), *(case.changed for case in cases)])
    before = dict(zip(originals, rows, strict=False))
    return [
        _outcome(case, before[case.original.id], after, scheme)
        for case, after in zip(cases, rows[len(originals) :], strict=True)
    ]


def summarise(
    outcomes: Sequence[Outcome], counts: Mapping[str, Mapping[str, int]], resampling: Resampling
) -> list[dict[str, Any]]:
    """One row a test: counts, the rate of flips (invariance) or failures (direction) with its interval, examples.

    The rate is None where no case counts, its bounds None below two groups of articles.
    """
    rows: list[dict[str, Any]] = []
    for name, transformation in TRANSFORMATIONS.items():
        own = [o for o in outcomes if o.test == name]
        counted = [o for o in own if o.counted]
        failed = [o for o in counted if o.failed]
        rows.append(
            {
                "test": name,
                "kind": transformation.kind,
                "claim": transformation.claim,
                "expected": transformation.expected,
                **counts[name],
                "counted": len(counted),
                "failed": len(failed),
                "groups": len({o.group for o in counted}),
                "taken_from": {s: sum(o.split == s for o in own) for s in dict.fromkeys(o.split for o in own)},
                "rate": rate([o.failed for o in counted], [o.group for o in counted], resampling),
                "examples": [_shown(o) for o in sorted(failed, key=lambda o: -o.changed_probability)[:EXAMPLES_SHOWN]],
            }
        )
    return rows


def rate(failed: Sequence[bool], groups: Sequence[str], resampling: Resampling) -> dict[str, float | None]:
    """{value, low, high} of a share, the interval by bootstrap over groups of articles.

    Where all failed or none did, resampling says nothing: the bound is then the exact one of Clopper and Pearson (1934)
    for as many independent draws as there are groups.
    """
    if not failed:
        return {"value": None, "low": None, "high": None}
    found = mean_with_interval(np.asarray(failed, dtype=float), groups, resampling)
    if found["low"] is not None and len(set(failed)) == 1:
        far = ((1 - resampling.confidence) / 2) ** (1 / len(set(groups)))
        return found | ({"low": far} if failed[0] else {"high": 1 - far})
    return found


def mean_with_interval(values: np.ndarray, groups: Sequence[str], resampling: Resampling) -> dict[str, float | None]:
    """{value, low, high} of the mean of `values`, shape (pairs,); bounds None below two groups."""
    order = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(order), 2))
    np.add.at(sums, [order[group] for group in groups], np.stack([values, np.ones_like(values)], axis=1))
    value = float(values.mean())
    if len(order) < 2:
        return {"value": value, "low": None, "high": None}
    drawn = resampled_confusions(sums, resampling)
    low, high = percentile_interval(drawn[:, 0] / drawn[:, 1], resampling.confidence)
    return {"value": value, "low": low, "high": high}


def _outcome(case: Case, before: np.ndarray, after: np.ndarray, scheme: LabelScheme) -> Outcome:
    transformation = TRANSFORMATIONS[case.test]
    old, new = scheme.names[int(before.argmax())], scheme.names[int(after.argmax())]
    direction = transformation.kind == "direction"
    right = case.original.label if direction else old
    expected = expected_labels(transformation.expected, right, scheme)
    return Outcome(
        test=case.test,
        kind=transformation.kind,
        id=case.original.id,
        split=case.split,
        group=case.original.group,
        gold=case.original.label,
        text=case.original.text,
        target=case.original.target,
        changed_text=case.changed.text,
        changed_target=case.changed.target,
        predicted=old,
        changed_predicted=new,
        probability=float(before.max()),
        changed_probability=float(after.max()),
        expected=expected,
        counted=not direction or old == case.original.label,
        failed=new not in expected,
    )


def _shown(outcome: Outcome) -> dict[str, Any]:
    return outcome.model_dump(
        include={
            "text",
            "target",
            "changed_text",
            "changed_target",
            "gold",
            "predicted",
            "changed_predicted",
            "expected",
        }
    )
