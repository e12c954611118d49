"""Regressions with the stance as outcome, corrected for the classifier's errors.

With power L = 1 this is a regression on the pseudo-outcome f + R / pi (y - f) (Egami et al. 2023, arXiv 2306.04746,
eq. 4 and section 3); with two separate samples it is algorithm 2 (OLS) and 3 (logit) of PPI++ (arXiv 2311.01453).
"""

import numpy as np

from stance.analysis.rectified import Fitted, Power, Sample, Scores, estimate

MAX_STEPS = 100
TOLERANCE = 1e-12


def ols(
    sample: Sample, covariates: np.ndarray, gold: np.ndarray, predicted: np.ndarray, power: Power = "tuned"
) -> Fitted:
    """Coefficients of a linear regression.

    `covariates` has shape (N, P), with a column of ones where an intercept is wanted; `gold` and `predicted` are the
    outcome, shape (N,). Raises numpy.linalg.LinAlgError for collinear covariates.
    """
    return _fit(sample, covariates, gold, predicted, power, logistic=False)


def logit(
    sample: Sample, covariates: np.ndarray, gold: np.ndarray, predicted: np.ndarray, power: Power = "tuned"
) -> Fitted:
    """Coefficients of a logistic regression (log odds); arguments as for `ols`, the outcome between 0 and 1."""
    return _fit(sample, covariates, gold, predicted, power, logistic=True)


def _fit(
    sample: Sample, x: np.ndarray, gold: np.ndarray, predicted: np.ndarray, power: Power, *, logistic: bool
) -> Fitted:
    x = np.asarray(x, dtype=np.float64)
    known = np.where(sample.has_gold, gold, 0).astype(np.float64)
    a, b = sample.prediction_weights, sample.gold_weights
    # Of two separate samples each has its own Gram matrix, as in algorithm 2; a draw from the rows shares theirs.
    apart = not np.any(a * b)

    def mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The expected outcome and its slope in the linear predictor, shapes (N,)."""
        if not logistic:
            return x @ values, np.ones(len(x))
        expected = 1 / (1 + np.exp(-np.clip(x @ values, -500, 500)))
        return expected, expected * (1 - expected)

    def solve(power: float) -> np.ndarray:
        rows = power * a + (1 - power) * b
        outcome = power * a * predicted + b * (known - power * predicted)
        if apart and not logistic:
            return _solve(x, a, power * predicted) + _solve(x, b, known - power * predicted)
        values = np.zeros(x.shape[1])
        for _ in range(MAX_STEPS):
            expected, slope = mean(values)
            moment = x.T @ (outcome - rows * expected)
            step = np.linalg.solve(x.T @ (x * (rows * slope)[:, None]), moment)
            values = values + step
            if np.abs(step).max() < TOLERANCE * (1 + np.abs(values).max()):
                break
        return values

    def scores(values: np.ndarray) -> Scores:
        expected, slope = mean(values)
        bread = np.linalg.inv(x.T @ (x * slope[:, None]) / len(x))
        return Scores(x * (known - expected)[:, None], x * (predicted - expected)[:, None], bread)

    return estimate(sample, solve, scores, power)


def _solve(x: np.ndarray, weights: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Weighted least squares, shape (P,)."""
    weighted = x * weights[:, None]
    return np.linalg.solve(x.T @ weighted, weighted.T @ outcome)
