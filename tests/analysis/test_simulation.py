"""Coverage in small; `make bench-findings` runs 1,000 populations of 10,000 rows each."""

from collections.abc import Callable

import pytest

from bench import findings_simulation as simulation

RUNS, ROWS = 150, 4_000
LOWEST, HIGHEST = 0.89, 0.99
"""0.95 give or take three standard errors of a share over 150 runs."""


@pytest.mark.parametrize(
    ("make", "estimator", "truth"),
    [
        (simulation.independent, simulation.favor_share, simulation.PREVALENCE[0]),
        (simulation.clustered, simulation.favor_share, simulation.PREVALENCE[0]),
        (simulation.clustered, simulation.group_difference, 0.0),
        (simulation.regressed, simulation.linear_slope, simulation.true_slope(linear=True)),
        (simulation.clustered_regression, simulation.logistic_slope, simulation.true_slope(linear=False)),
    ],
    ids=["share", "clustered share", "difference", "linear", "clustered logistic"],
)
def test_our_intervals_cover_and_are_narrower_than_gold_alone(
    make: Callable[..., simulation.Population], estimator: simulation.Estimator, truth: float
) -> None:
    outcome = simulation.simulate(make, estimator, truth, rows=ROWS, runs=RUNS)
    assert LOWEST <= outcome.ours <= HIGHEST
    assert outcome.narrower > 0.15
    assert outcome.naive < outcome.ours
