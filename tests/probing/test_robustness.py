"""Rates of failure, and what counts towards them."""

from collections.abc import Sequence

import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.labels import LabelScheme
from stance.probing.fairness import fairness_table, swappable
from stance.probing.powers import POWERS
from stance.probing.robustness import make_cases, mean_with_interval, rate, run_cases, summarise
from stance.probing.transformations import TRANSFORMATIONS, expected_labels
from stance.records import Example
from tests.conftest import SCHEME
from tests.probing.conftest import example

RESAMPLING = Resampling(resamples=200)


def reads_polarity(examples: Sequence[Example]) -> np.ndarray:
    """A scorer that looks for one word, ignores the target and is upset by capitals."""
    rows = []
    for e in examples:
        label = 2 if e.text.isupper() else 0 if "welcomed" in e.text else 1 if "condemned" in e.text else 2
        rows.append(np.eye(4)[label] * 0.6 + 0.1)
    return np.array(rows)


def sentences(number: int, verb: str = "welcomed", label: str = "favor") -> list[Example]:
    return [
        example(f"In meeting {i} the council of Libya {verb} it.", label, id=f"{verb}{i}", group=f"g{i}")
        for i in range(number)
    ]


def test_there_are_at_least_twelve_transformations_of_both_kinds() -> None:
    assert len(TRANSFORMATIONS) >= 12
    assert {t.kind for t in TRANSFORMATIONS.values()} == {"invariance", "direction"}


def test_failures_are_found_where_they_are(scheme: LabelScheme) -> None:
    cases, counts = make_cases({"test": sentences(40)}, scheme, most=40)
    rows = {row["test"]: row for row in summarise(run_cases(cases, reads_polarity, scheme), counts, RESAMPLING)}
    assert rows["upper case"]["rate"] == {"value": 1.0, "low": pytest.approx(1 - 0.0881, abs=1e-4), "high": 1.0}
    assert rows["antonym"]["counted"] == 40
    assert rows["antonym"]["failed"] == 0
    assert rows["swap target"]["failed"] == 40  # the target is ignored
    assert rows["swap target"]["examples"][0]["expected"] == ("unrelated",)
    assert rows["number"]["rate"]["value"] is None
    assert rows["number"] | {"tried": 40, "fitting": 0, "taken": 0} == rows["number"]


def test_a_direction_test_counts_only_what_was_right_before(scheme: LabelScheme) -> None:
    cases, _ = make_cases({"test": sentences(3, verb="applauded")}, scheme, most=3)
    outcomes = [o for o in run_cases(cases, reads_polarity, scheme) if o.kind == "direction"]
    assert outcomes
    assert not [o for o in outcomes if o.counted]


def test_rare_tests_take_from_the_other_splits_and_common_ones_do_not(scheme: LabelScheme) -> None:
    cases, counts = make_cases({"test": sentences(30), "train": sentences(30, "condemned", "against")}, scheme, most=50)
    assert {c.split for c in cases if c.test == "upper case"} == {"test"}
    assert {c.split for c in cases if c.test == "negate opposition"} == {"train"}
    assert counts["negate opposition"] == {"tried": 60, "fitting": 30, "taken": 30}


def test_the_same_pairs_are_taken_in_whatever_order_they_come(scheme: LabelScheme) -> None:
    forward, _ = make_cases({"test": sentences(20)}, scheme, most=5)
    backward, _ = make_cases({"test": sentences(20)[::-1]}, scheme, most=5)
    assert forward == backward


def test_the_interval_is_over_groups_not_pairs() -> None:
    values = np.array([0.0] * 50 + [1.0] * 50)
    alone = mean_with_interval(values, [str(i) for i in range(100)], RESAMPLING)
    in_two = mean_with_interval(values, ["a"] * 50 + ["b"] * 50, RESAMPLING)
    assert (in_two["low"], in_two["high"]) == (0.0, 1.0)
    assert alone["low"] is not None
    assert alone["low"] > 0.3
    assert mean_with_interval(values, ["a"] * 100, RESAMPLING) == {"value": 0.5, "low": None, "high": None}


@pytest.mark.parametrize(
    ("expectation", "labels"),
    [
        ("stays", ("favor",)),
        ("opposite", ("against",)),
        ("not the old", ("against", "neutral", "unrelated")),
        ("off target", ("unrelated",)),
    ],
)
def test_what_is_expected(expectation: str, labels: tuple[str, ...]) -> None:
    assert expected_labels(expectation, "favor", SCHEME) == labels  # ty: ignore[invalid-argument-type]


def test_fairness_finds_a_model_that_dislikes_russia(scheme: LabelScheme) -> None:
    examples = [example(f"Council {i} welcomed American troops.", id=f"e{i}", group=f"g{i % 5}") for i in range(12)]
    examples.append(example("Nobody came.", id="none"))

    def dislikes_russia(asked: Sequence[Example]) -> np.ndarray:
        return np.array([[0.1, 0.7, 0.1, 0.1] if "Russian" in e.text else [0.7, 0.1, 0.1, 0.1] for e in asked])

    versions = swappable(examples, most=10)
    assert len(versions) == 10
    assert all(set(v) == set(POWERS) for v in versions)
    table = fairness_table(versions, dislikes_russia, scheme, RESAMPLING)
    assert table["pair"]["move"]["value"] == pytest.approx(-1.2)
    assert table["pair"]["flips"]["value"] == 1.0
    assert table["widest_gap"]["lowest"] == "Russia"
    russia = next(row for row in table["rows"] if row["intervener"] == "Russia")
    assert russia["difference"]["value"] == pytest.approx(-1.2 * (1 - 1 / len(POWERS)))
    assert fairness_table([], dislikes_russia, scheme, RESAMPLING)["rows"] == []


def test_no_failure_among_few_groups_is_no_proof_of_none() -> None:
    groups = [str(i) for i in range(20)]
    never, always = rate([False] * 20, groups, RESAMPLING), rate([True] * 20, groups, RESAMPLING)
    # Clopper-Pearson for 0 of 20: 0.168, as in every table of exact limits.
    assert (never["value"], never["low"]) == (0.0, 0.0)
    assert never["high"] == pytest.approx(0.1684, abs=1e-4)
    assert (always["low"], always["high"]) == (pytest.approx(1 - 0.1684, abs=1e-4), 1.0)
