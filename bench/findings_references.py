"""Our estimates beside those of ppi-python 0.2.3 (Angelopoulos et al.) and of statsmodels 0.15.0 on pseudo-outcomes."""

from typing import Any

import numpy as np

from bench.table import Row
from stance.analysis.rectified import nested, separate
from stance.analysis.regression import logit, ols
from stance.analysis.shares import shares

BAR = 1e-6
ROWS, GOLD, CLUSTERS, CONFIDENCE = 2_000, 300, 200, 0.95
POWERS = (1.0, 0.4, None)
"""None lets ppi-python tune; ours is then given the power that it found."""


def rows() -> list[Row]:
    """Largest absolute difference of estimates and interval ends, over powers and seeds."""
    try:
        import ppi_py
        import statsmodels.api
    except ModuleNotFoundError as error:
        return [Row("references", "1e-6", "not measured", f"{error.name} is missing: make bench-findings", ok=False)]
    found: dict[str, list[float]] = {}
    for seed in range(5):
        for name, difference in {**_ppi(ppi_py, seed), **_dsl(statsmodels.api, seed)}.items():
            found.setdefault(name, []).append(difference)
    return [
        Row(name, "within 1e-6", f"{max(values):.1e}", "largest of 5 data sets", ok=max(values) <= BAR)
        for name, values in found.items()
    ]


def _data(seed: int) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(ROWS), random.normal(size=ROWS), random.integers(0, 2, ROWS)])
    y = (random.random(ROWS) < 1 / (1 + np.exp(-x @ [-0.5, 0.8, 0.5]))).astype(float)
    f = np.clip(0.7 * y + 0.2 * random.random(ROWS) + 0.1 * x[:, 2], 0, 1)
    gold = np.zeros(ROWS, dtype=bool)
    gold[random.permutation(ROWS)[:GOLD]] = True
    inclusion = np.clip(0.05 + 0.3 * random.random(ROWS), 0, 1)
    return x, y, f, gold, inclusion, random.random(ROWS) < inclusion, random.integers(0, CLUSTERS, ROWS)


def _ppi(reference: Any, seed: int) -> dict[str, float]:
    x, y, f, gold, *_ = _data(seed)
    sample = separate(gold)
    labelled, others = (x[gold], y[gold], f[gold]), (x[~gold], f[~gold])
    alpha = 1 - CONFIDENCE
    worst = dict.fromkeys(("mean, PPI++", "least squares, PPI++", "logit, PPI++"), 0.0)
    for lam in POWERS:
        found = {
            "mean, PPI++": (
                shares(sample, y[:, None], f[:, None], 1.0 if lam is None else lam),
                reference.ppi_mean_pointestimate(y[gold], f[gold], f[~gold], lam=1.0 if lam is None else lam),
                # Its interval for means divides by n, that for regressions by n - 1 as ours: a column of ones it is.
                reference.ppi_ols_ci(
                    np.ones((GOLD, 1)),
                    *labelled[1:],
                    np.ones((ROWS - GOLD, 1)),
                    f[~gold],
                    alpha=alpha,
                    lam=1.0 if lam is None else lam,
                ),
            )
        }
        for name, ours, estimate, interval, stats in (
            ("least squares, PPI++", ols, reference.ppi_ols_pointestimate, reference.ppi_ols_ci, "_ols_get_stats"),
            (
                "logit, PPI++",
                logit,
                reference.ppi_logistic_pointestimate,
                reference.ppi_logistic_ci,
                "_logistic_get_stats",
            ),
        ):
            power = _its_power(estimate, stats, labelled, others) if lam is None else lam
            found[name] = (
                ours(sample, x, y, f, power),
                estimate(*labelled, *others, lam=power),
                interval(*labelled, *others, alpha=alpha, lam=power),
            )
        for name, (fitted, values, ends) in found.items():
            of_ends = np.abs(fitted.intervals(CONFIDENCE, normal=True).T - np.array(ends)).max()
            worst[name] = max(worst[name], float(np.abs(fitted.values - values).max()), float(of_ends))
    return worst


def _its_power(estimate: Any, stats: str, labelled: tuple, others: tuple) -> float:
    module = __import__("ppi_py.ppi", fromlist=[stats])
    start = estimate(*labelled, *others, lam=1.0)
    moments = getattr(module, stats)(start, *labelled, *others)
    return float(module._calc_lam_glm(*moments, clip=True))  # noqa: SLF001 - the power that it would take


def _dsl(statsmodels: Any, seed: int) -> dict[str, float]:
    """Design-based supervised learning is a regression on f + R / pi (y - f), variance clustered, with unequal pi."""
    x, y, f, _, inclusion, drawn, clusters = _data(seed)
    pseudo = f + drawn / inclusion * (y - f)
    sample = nested(drawn, inclusion, clusters, centred=False)
    how: dict[str, Any] = {"cov_type": "cluster", "cov_kwds": {"groups": clusters, "use_correction": False}}
    theirs = {
        "mean, design-based": (
            shares(sample, y[:, None], f[:, None], 1.0),
            statsmodels.OLS(pseudo, np.ones(ROWS)).fit(**how),
        ),
        "least squares, design-based": (ols(sample, x, y, f, 1.0), statsmodels.OLS(pseudo, x).fit(**how)),
    }
    found = {
        name: float(max(np.abs(ours.values - fit.params).max(), np.abs(ours.errors - fit.bse).max()))
        for name, (ours, fit) in theirs.items()
    }
    ours = logit(sample, x, y, f, 1.0)
    found["logit, design-based"] = float(np.abs(ours.values - _logit_by_moments(x, pseudo)).max())
    return found


def _logit_by_moments(x: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Root of the moment by another solver: pseudo-outcomes leave [0, 1], which no package's logit takes."""
    from scipy.optimize import root

    def moment(values: np.ndarray) -> np.ndarray:
        return x.T @ (outcome - 1 / (1 + np.exp(-x @ values)))

    return root(moment, np.zeros(x.shape[1]), tol=1e-12).x
