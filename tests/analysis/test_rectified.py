"""Against closed forms written down independently here; ppi-python and statsmodels are asked in the bench."""

import numpy as np
import pytest
from scipy.optimize import minimize

from stance.analysis.rectified import nested, separate
from stance.analysis.regression import logit, ols
from stance.analysis.shares import difference, one_hot, shares, uncorrected

ROWS, GOLD = 600, 150


class World:
    """A small population: covariates, truth, predictions, which rows have gold."""

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.x = np.column_stack([np.ones(ROWS), random.normal(size=ROWS)])
        self.y = (random.random(ROWS) < 1 / (1 + np.exp(-self.x @ [-0.4, 0.9]))).astype(float)
        self.f = np.clip(0.7 * self.y + 0.25 * random.random(ROWS), 0, 1)
        self.gold = np.zeros(ROWS, dtype=bool)
        self.gold[random.permutation(ROWS)[:GOLD]] = True
        self.inclusion = np.clip(0.1 + 0.3 * random.random(ROWS), 0, 1)
        self.poisson = random.random(ROWS) < self.inclusion
        self.clusters = random.integers(0, 60, ROWS)


@pytest.fixture
def world() -> World:
    return World()


def test_a_mean_is_that_of_the_paper(world: World) -> None:
    """Angelopoulos et al. 2023: mean of predictions plus mean error, and its variance."""
    y, f, others = world.y[world.gold], world.f[world.gold], world.f[~world.gold]
    fitted = shares(separate(world.gold), world.y[:, None], world.f[:, None], 1.0)
    assert fitted.values[0] == pytest.approx(others.mean() + (y - f).mean(), abs=1e-12)
    variance = others.var(ddof=1) / len(others) + (y - f).var(ddof=1) / len(y)
    assert fitted.errors[0] ** 2 == pytest.approx(variance, rel=1e-12)


def test_power_zero_is_the_gold_sample_alone(world: World) -> None:
    fitted = shares(nested(world.gold, GOLD / ROWS), world.y[:, None], world.f[:, None], 0.0)
    y = world.y[world.gold]
    assert fitted.values[0] == pytest.approx(y.mean(), abs=1e-12)
    assert fitted.errors[0] ** 2 == pytest.approx(y.var(ddof=1) / GOLD, rel=1e-12)


def test_the_tuned_power_is_the_papers_and_beats_both_ends(world: World) -> None:
    sample = separate(world.gold)
    y, f, others = world.y[world.gold], world.f[world.gold], world.f[~world.gold]
    by_hand = np.cov(y, f)[0, 1] / GOLD / (f.var(ddof=1) / GOLD + others.var(ddof=1) / len(others))
    tuned = shares(sample, world.y[:, None], world.f[:, None])
    assert tuned.power == pytest.approx(min(1, by_hand), abs=1e-9)
    for power in (0.0, 0.3, 1.0):
        assert tuned.errors[0] <= shares(sample, world.y[:, None], world.f[:, None], power).errors[0] + 1e-12


def test_useless_predictions_get_no_weight(world: World) -> None:
    noise = np.random.default_rng(1).random((ROWS, 1))
    fitted = shares(nested(world.gold, GOLD / ROWS), world.y[:, None], noise)
    alone = shares(nested(world.gold, GOLD / ROWS), world.y[:, None], noise, 0.0)
    assert fitted.power < 0.4
    assert fitted.errors[0] <= alone.errors[0]


def test_a_regression_is_one_on_the_pseudo_outcome_with_a_clustered_sandwich(world: World) -> None:
    """Egami et al. 2023: least squares on f + R / pi (y - f), variance by clusters, written out row by row."""
    pseudo = world.f + world.poisson / world.inclusion * (world.y - world.f)
    sample = nested(world.poisson, world.inclusion, world.clusters, centred=False)
    fitted = ols(sample, world.x, world.y, world.f, 1.0)
    values, *_ = np.linalg.lstsq(world.x, pseudo, rcond=None)
    assert fitted.values == pytest.approx(values, abs=1e-10)
    meat = np.zeros((2, 2))
    for cluster in range(60):
        rows = world.clusters == cluster
        moment = world.x[rows].T @ (pseudo[rows] - world.x[rows] @ values)
        meat += np.outer(moment, moment)
    bread = np.linalg.inv(world.x.T @ world.x)
    assert fitted.covariance == pytest.approx(bread @ meat @ bread, rel=1e-9)


def test_a_logit_minimises_the_rectified_loss(world: World) -> None:
    power = 0.6
    sample = separate(world.gold)
    fitted = logit(sample, world.x, world.y, world.f, power)

    def loss(values: np.ndarray, rows: np.ndarray, outcome: np.ndarray) -> float:
        line = world.x[rows] @ values
        return float(np.mean(np.logaddexp(0, line) - outcome[rows] * line))

    def rectified(values: np.ndarray) -> float:
        of_predictions = loss(values, ~world.gold, world.f) - loss(values, world.gold, world.f)
        return power * of_predictions + loss(values, world.gold, world.y)

    found = minimize(rectified, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    assert fitted.values == pytest.approx(found.x, abs=1e-6)


def test_shares_of_several_labels_sum_to_one(world: World) -> None:
    gold, predicted = np.column_stack([world.y, 1 - world.y]), np.column_stack([world.f, 1 - world.f])
    fitted = shares(nested(world.gold, GOLD / ROWS), gold, predicted)
    assert fitted.values.sum() == pytest.approx(1, abs=1e-12)


def test_gold_labels_that_are_not_there_are_never_read(world: World) -> None:
    hidden = np.where(world.gold, world.y, np.nan)
    sample = nested(world.gold, GOLD / ROWS)
    assert shares(sample, hidden[:, None], world.f[:, None]).values[0] == pytest.approx(
        shares(sample, world.y[:, None], world.f[:, None]).values[0]
    )
    assert np.isfinite(ols(sample, world.x, hidden, world.f).errors).all()


def test_a_story_printed_twice_counts_once(world: World) -> None:
    """Every row doubled within its cluster changes nothing; taken for independent rows it would shrink the error."""
    twice = np.tile(np.arange(ROWS), 2)
    once = shares(nested(world.gold, GOLD / ROWS, np.arange(ROWS)), world.y[:, None], world.f[:, None], 1.0)
    doubled = shares(nested(world.gold[twice], GOLD / ROWS, twice), world.y[twice, None], world.f[twice, None], 1.0)
    naive = shares(nested(world.gold[twice], GOLD / ROWS), world.y[twice, None], world.f[twice, None], 1.0)
    assert doubled.errors[0] == pytest.approx(once.errors[0], rel=1e-9)
    assert naive.errors[0] < 0.75 * once.errors[0]


def test_a_difference_of_groups_that_share_stories_is_surer(world: World) -> None:
    sample = nested(world.gold, GOLD / ROWS, world.clusters)
    one = shares(sample, world.y[:, None], world.f[:, None])
    assert difference(one, one).errors[0] == pytest.approx(0, abs=1e-12)
    assert difference(one, one).values[0] == 0


def test_labelling_everything_takes_away_the_labelling_part(world: World) -> None:
    complete = np.ones(ROWS, dtype=bool)
    fitted = shares(nested(complete, 1.0, world.clusters), world.y[:, None], world.f[:, None])
    assert fitted.labelling[0] == pytest.approx(0, abs=1e-15)
    partly = shares(nested(world.gold, GOLD / ROWS), world.y[:, None], world.f[:, None])
    assert 0 < partly.labelling[0] < partly.errors[0] ** 2


def test_uncorrected_shares_are_the_plain_ones(world: World) -> None:
    values, intervals = uncorrected(world.f[:, None], np.arange(ROWS), 0.95)
    half = 1.959964 * world.f.std() / ROWS**0.5
    assert values[0] == pytest.approx(world.f.mean())
    assert intervals[0] == pytest.approx([world.f.mean() - half, world.f.mean() + half], abs=1e-6)


def test_mistakes_are_named(world: World) -> None:
    with pytest.raises(ValueError, match=r"inclusion: expected probabilities in \(0, 1\]"):
        nested(world.gold, 0.0)
    with pytest.raises(ValueError, match="gold labels come from 0 clusters; expected at least 2"):
        shares(nested(np.zeros(ROWS, dtype=bool), 0.1), world.y[:, None], world.f[:, None])
    with pytest.raises(ValueError, match=r"labels \['pro'\] are not in the scheme; expected favor, against"):
        one_hot(["pro"], ["favor", "against"])


def test_no_weight_where_predictions_do_not_vary(world: World) -> None:
    sample = nested(world.gold, GOLD / ROWS)
    fitted = shares(sample, world.y[:, None], np.full((ROWS, 1), 0.5))
    assert fitted.power == 0
    assert fitted.values[0] == pytest.approx(world.y[world.gold].mean())
