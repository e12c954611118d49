"""The findings against their bars: published implementations, intervals, change points, holders, scale-out."""

import argparse
from collections.abc import Callable

import numpy as np

from bench import findings_references, findings_who, scale
from bench import findings_simulation as simulation
from bench.table import Row, one_of, print_table
from stance.analysis.changes import change_points

RUNS, ROWS = 1_000, 10_000
LOWEST, HIGHEST, NAIVE_HIGHEST, NARROWER = 0.93, 0.97, 0.5, 0.25
SCENARIOS: tuple[tuple[str, Callable[..., simulation.Population], simulation.Estimator, float], ...] = (
    ("share", simulation.independent, simulation.favor_share, float(simulation.PREVALENCE[0])),
    ("difference of shares", simulation.independent, simulation.group_difference, 0.0),
    ("least squares slope", simulation.regressed, simulation.linear_slope, simulation.true_slope(linear=True)),
    ("logit slope", simulation.regressed, simulation.logistic_slope, simulation.true_slope(linear=False)),
    ("share, clustered", simulation.clustered, simulation.favor_share, float(simulation.PREVALENCE[0])),
    ("difference, clustered", simulation.clustered, simulation.group_difference, 0.0),
    (
        "least squares slope, clustered",
        simulation.clustered_regression,
        simulation.linear_slope,
        simulation.true_slope(linear=True),
    ),
    (
        "logit slope, clustered",
        simulation.clustered_regression,
        simulation.logistic_slope,
        simulation.true_slope(linear=False),
    ),
)


def interval_rows() -> list[Row]:
    """Three rows a scenario: the naive interval, ours, the width."""
    found = []
    for name, make, estimator, truth in SCENARIOS:
        outcome = simulation.simulate(make, estimator, truth, rows=ROWS, runs=RUNS)
        how = f"{RUNS} populations of {ROWS} rows, 5% gold"
        found += [
            Row(
                f"{name}: naive interval covers",
                "under 50%",
                f"{outcome.naive:.1%}",
                how,
                ok=outcome.naive < NAIVE_HIGHEST,
            ),
            Row(
                f"{name}: ours covers",
                "93 to 97%",
                f"{outcome.ours:.1%}",
                f"{how}; gold alone {outcome.gold_alone:.1%}",
                ok=LOWEST <= outcome.ours <= HIGHEST,
            ),
            Row(
                f"{name}: narrower than gold alone",
                "at least 25%",
                f"{outcome.narrower:.0%}",
                "mean widths",
                ok=outcome.narrower >= NARROWER,
            ),
        ]
    return found


def change_rows() -> list[Row]:
    """How often noise is given a change, and how often a step of one standard deviation is found."""
    random = np.random.default_rng(0)
    alarms = np.mean([bool(change_points(random.normal(size=80), shuffles=199)) for _ in range(1_000)])
    found = np.mean(
        [any(abs(change.index - 40) <= 5 for change in change_points(_step(random), shuffles=199)) for _ in range(200)]
    )
    return [
        Row("change points in noise", "at most 6%", f"{alarms:.1%}", "1,000 series of 80, level 5%", ok=alarms <= 0.06),
        Row("a step of one sd found within 5 articles", "", f"{found:.0%}", "200 series of 40 + 40"),
    ]


def _step(random: np.random.Generator) -> np.ndarray:
    return np.concatenate([random.normal(size=40), random.normal(1, 1, size=40)])


PARTS: dict[str, Callable[[], list[Row]]] = {
    "references": findings_references.rows,
    "intervals": interval_rows,
    "changes": change_rows,
    "who": findings_who.rows,
    "scale": scale.rows,
}


def main() -> None:
    """Measure the parts asked for, all by default, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", type=one_of(PARTS), help=f"some of {', '.join(PARTS)}; default: all, half an hour"
    )
    names = parser.parse_args().parts or list(PARTS)
    print_table("Findings", [row for name in names for row in PARTS[name]()])


if __name__ == "__main__":
    main()
