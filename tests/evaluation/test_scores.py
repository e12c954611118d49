from collections.abc import Sequence

import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.evaluation.scores import compare, score_systems
from stance.labels import LabelScheme
from stance.records import Example
from tests.evaluation.conftest import example

RESAMPLING = Resampling(300)


def answers_right_in(share: float, gold: Sequence[Example], seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [e.label if random.random() < share else "unrelated" for e in gold]


@pytest.fixture
def gold() -> list[Example]:
    return [example(i, label=("favor", "against", "neutral")[i % 3], group=str(i // 6)) for i in range(120)]


def test_a_system_among_others_scores_as_it_does_alone(gold: list[Example], scheme: LabelScheme) -> None:
    good, poor = answers_right_in(0.9, gold, 1), answers_right_in(0.3, gold, 2)
    together, spreads = score_systems(gold, {"good": good, "poor": poor}, scheme, RESAMPLING)
    alone, spread = score_systems(gold, {"poor": poor}, scheme, RESAMPLING)
    assert together["poor"] == alone["poor"]
    np.testing.assert_array_equal(spreads["poor"], spread["poor"])
    assert together["good"]["macro_f1"]["low"] > together["poor"]["macro_f1"]["high"]


def test_every_interval_holds_its_value_and_counts_add_up(gold: list[Example], scheme: LabelScheme) -> None:
    (scores,) = score_systems(gold, {"x": answers_right_in(0.6, gold, 3)}, scheme, RESAMPLING)[0].values()
    for name in ("macro_f1", "f_avg", "macro_f1_three_way", "accuracy", "matthews"):
        assert scores[name]["low"] < scores[name]["value"] < scores[name]["high"]
    assert np.sum(scores["confusion"]) == len(gold)
    assert sum(row["gold"] for row in scores["labels"].values()) == len(gold)
    assert scores["labels"]["unrelated"]["gold"] == 0
    assert scores["labels"]["unrelated"]["predicted"] > 0


def test_intervals_apart_are_apart_whoever_leads(gold: list[Example], scheme: LabelScheme) -> None:
    scores, spreads = score_systems(
        gold, {"good": answers_right_in(0.95, gold, 4), "poor": answers_right_in(0.2, gold, 5)}, scheme, RESAMPLING
    )
    ahead = compare(scores["good"], scores["poor"], spreads["good"], spreads["poor"], 0.95)
    behind = compare(scores["poor"], scores["good"], spreads["poor"], spreads["good"], 0.95)
    assert ahead["intervals_overlap"] is behind["intervals_overlap"] is False
    assert ahead["difference"]["low"] > 0 > behind["difference"]["high"]
    assert ahead["difference"]["value"] == pytest.approx(-behind["difference"]["value"])


def test_pairing_finds_a_small_lead_that_separate_intervals_hide(gold: list[Example], scheme: LabelScheme) -> None:
    """The second system makes the first one's errors and one more in every other article."""
    first = ["unrelated" if int(e.group) % 2 else e.label for e in gold]
    second = ["unrelated" if i % 12 == 0 else label for i, label in enumerate(first)]
    scores, spreads = score_systems(gold, {"first": first, "second": second}, scheme, RESAMPLING)
    compared = compare(scores["first"], scores["second"], spreads["first"], spreads["second"], 0.95)
    assert compared["difference"]["low"] > 0
    assert compared["intervals_overlap"] is True
