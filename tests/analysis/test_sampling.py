"""Which pairs get gold labels, and how many are needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.analysis.budget import labels_needed
from stance.analysis.gold_sample import allocate, draw
from stance.analysis.rectified import nested
from stance.analysis.shares import shares

IDS = [f"pair {i}" for i in range(400)]
STRATA = ["large"] * 300 + ["small"] * 90 + ["tiny"] * 10


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1), st.integers(0, 200), st.integers(0, 20)
)
def test_an_allocation_adds_up_and_never_exceeds_a_stratum(sizes: dict[str, int], total: int, at_least: int) -> None:
    given_labels = allocate(sizes, total, at_least)
    assert sum(given_labels.values()) == min(total, sum(sizes.values()))
    assert all(0 <= given_labels[name] <= size for name, size in sizes.items())
    if total >= at_least * len(sizes):
        assert all(given_labels[name] >= min(at_least, size) for name, size in sizes.items())


def test_inclusion_probabilities_are_what_was_drawn_over_what_there_was() -> None:
    drawn = draw(IDS, STRATA, 60, at_least=8)
    for stratum, size in (("large", 300), ("small", 90), ("tiny", 10)):
        rows = [one for one in drawn if one.stratum == stratum]
        assert len(rows) >= 8
        assert {one.inclusion for one in rows} == {len(rows) / size}
    assert sum(1 / one.inclusion for one in drawn) == pytest.approx(len(IDS))


def test_a_larger_sample_keeps_the_smaller_one() -> None:
    small, large = ({one.row for one in draw(IDS, STRATA, total, at_least=5)} for total in (40, 120))
    assert len(small) == 40
    assert small < large
    assert small != {one.row for one in draw(IDS, STRATA, 40, at_least=5, seed=1)}


def test_every_pair_has_the_same_chance() -> None:
    counts = np.zeros(40)
    for seed in range(400):
        for one in draw(IDS[:40], ["all"] * 40, 10, seed=seed):
            counts[one.row] += 1
    # 100 expected each, with a standard deviation of 8.7.
    assert counts.min() > 60
    assert counts.max() < 140


def fit(rows: int, gold: int) -> tuple[np.ndarray, float]:
    random = np.random.default_rng(0)
    truth = (random.random(rows) < 0.4).astype(float)
    predicted = np.where(random.random(rows) < 0.8, truth, 1 - truth)
    labelled = np.zeros(rows, dtype=bool)
    labelled[random.permutation(rows)[:gold]] = True
    fitted = shares(nested(labelled, gold / rows), truth[:, None], predicted[:, None])
    need = labels_needed(fitted, rows)
    return fitted.errors, gold + (need.labels or 0)


def test_the_labels_it_asks_for_halve_the_interval() -> None:
    before, total = fit(20_000, 200)
    after, _ = fit(20_000, int(total))
    assert after[0] == pytest.approx(before[0] / 2, rel=0.12)


def test_it_says_when_no_labelling_is_enough() -> None:
    random = np.random.default_rng(0)
    clusters = np.repeat(np.arange(20), 30)
    truth = (random.random(20) < 0.5).astype(float)[clusters]
    predicted = np.where(random.random(600) < 0.9, truth, 1 - truth)
    labelled = random.permutation(600) < 200
    fitted = shares(nested(labelled, 1 / 3, clusters), truth[:, None], predicted[:, None])
    need = labels_needed(fitted, 600)
    assert need.labels is None
    assert need.best_half_width > need.half_width
    assert labels_needed(fitted, 600, half_width=0.5).labels == 0
