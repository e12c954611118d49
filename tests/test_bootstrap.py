import numpy as np
import pytest

from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.evaluation.metrics import accuracy


def interval(right: np.ndarray, groups: list[str], seed: int = 0) -> tuple[float, float]:
    """Of accuracy, for two labels and gold 0 throughout."""
    matrices = group_confusions([0] * len(right), (1 - right).tolist(), groups, 2)
    resamples = resampled_confusions(matrices, Resampling(400, 0.95, seed))
    return percentile_interval(accuracy(resamples), 0.95)


def test_resamples_hold_as_many_groups_and_are_drawn_from_the_seed() -> None:
    matrices = group_confusions([0, 0, 1, 1], [0, 1, 1, 1], ["a", "a", "b", "c"], 2)
    assert matrices.tolist() == [[[1, 1], [0, 0]], [[0, 0], [0, 1]], [[0, 0], [0, 1]]]
    one, same, other = (resampled_confusions(matrices, Resampling(200, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    totals = one.sum(axis=(1, 2))
    assert totals.min() >= 3
    assert totals.max() <= 6


def test_sentences_that_succeed_and_fail_by_article_widen_the_interval() -> None:
    random = np.random.default_rng(0)
    right = np.repeat(random.random(30) < 0.7, 10).astype(int)
    clustered = interval(right, [str(i // 10) for i in range(300)])
    naive = interval(right, [str(i) for i in range(300)])
    assert clustered[1] - clustered[0] > 2 * (naive[1] - naive[0])


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(1000):
        random = np.random.default_rng(seed)
        skill = random.beta(7, 3, size=60)
        right = (random.random((60, 8)) < skill[:, None]).astype(int).ravel()
        low, high = interval(right, [str(i // 8) for i in range(480)], seed)
        covered += low <= 0.7 <= high
    assert 0.92 <= covered / 1000 <= 0.97
