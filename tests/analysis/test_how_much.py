"""Groups are corrected by their own gold labels where they have enough, by all where they have not."""

import numpy as np
import pytest

from stance.analysis.how_much import Rows, by_group, overall
from stance.analysis.shares import difference

ARTICLES, EACH = 120, 6


def made(gold_share: float = 0.4, seed: int = 0) -> tuple[Rows, list[str | None], np.ndarray]:
    """Rows, their groups, the truth: favor is missed in one outlet and not in the others."""
    random = np.random.default_rng(seed)
    count = ARTICLES * EACH
    clusters = np.repeat(np.arange(ARTICLES), EACH)
    groups: list[str | None] = [("often wrong", "right", "rare")[min(2, a // 58)] for a in clusters]
    truth = random.integers(0, 3, count)
    answer = truth.copy()
    wrong = (np.array(groups) == "often wrong") & (truth == 0) & (random.random(count) < 0.5)
    answer[wrong] = 2
    probabilities = np.full((count, 3), 0.1)
    probabilities[np.arange(count), answer] = 0.8
    labelled = np.zeros(count, dtype=bool)
    labelled[random.permutation(count)[: int(gold_share * count)]] = True
    gold = np.where(labelled[:, None], np.eye(3)[truth], 0)
    return Rows(probabilities, gold, labelled, np.full(count, gold_share), clusters), groups, truth


def test_a_group_with_labels_of_its_own_is_freed_of_its_own_errors() -> None:
    rows, groups, truth = made()
    found = by_group(rows, groups, 0.95, 30)
    wrong = found["often wrong"]
    true_share = (truth[np.array(groups) == "often wrong"] == 0).mean()
    assert wrong.correction == "own"
    assert wrong.counted_intervals[0, 1] < true_share
    assert wrong.intervals[0, 0] < true_share < wrong.intervals[0, 1]
    assert wrong.rows == 58 * EACH
    assert wrong.articles == 58
    assert wrong.need is not None
    assert found["rare"].correction == "borrowed"
    assert found["rare"].need is None
    assert list(found) == ["often wrong", "right", "rare"]


def test_without_gold_labels_nothing_is_corrected_and_it_says_so() -> None:
    rows, groups, _ = made(0.0)
    group = by_group(rows, groups, 0.95, 30)["right"]
    assert group.correction == "none"
    assert group.fitted.values == pytest.approx(group.counted)
    assert group.intervals == pytest.approx(np.clip(group.counted_intervals, 0, 1))


def test_net_stance_has_its_own_interval() -> None:
    rows, _, truth = made()
    group = overall(rows, "all", 0.95, 30)
    net = group.net((0, 1), 0.95)
    assert net["value"] == pytest.approx(group.fitted.values[0] - group.fitted.values[1])
    assert -1 <= net["low"] < (truth == 0).mean() - (truth == 1).mean() < net["high"] <= 1


def test_groups_can_be_compared_and_rows_without_one_are_left_out() -> None:
    rows, groups, _ = made()
    found = by_group(rows, groups, 0.95, 30)
    gap = difference(found["often wrong"].fitted, found["right"].fitted)
    assert gap.errors[0] == pytest.approx(
        np.hypot(found["often wrong"].fitted.errors[0], found["right"].fitted.errors[0]), rel=1e-9
    )
    some = by_group(rows, [None if group == "right" else group for group in groups], 0.95, 30)
    assert set(some) == {"often wrong", "rare"}
