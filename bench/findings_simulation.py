"""Made populations with known truth and a classifier of known confusion: do intervals cover, and how wide are they?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stance.analysis.rectified import Fitted, Power, nested, quantile
from stance.analysis.regression import logit, ols
from stance.analysis.shares import difference, shares

CONFUSION = np.array([[0.86, 0.02, 0.12], [0.02, 0.86, 0.12], [0.01, 0.02, 0.97]])
"""Chance of each answer (column) for each truth (row): favor, against, neutral. It misses stances."""
PREVALENCE = np.array([0.3, 0.25, 0.45])
GOLD_SHARE = 0.05
CONFIDENCE = 0.95
ARTICLE_ROWS = 10
SLOPES = np.array([-0.9, 0.6, 0.4])
"""Of the log odds of favor: intercept, a number, a group."""


@dataclass(frozen=True)
class Population:
    """Rows with everything known of them."""

    truth: np.ndarray
    """One-hot, (N, 3)."""
    answers: np.ndarray
    """One-hot, (N, 3)."""
    covariates: np.ndarray
    """(N, 3): ones, a standard normal number, a group of 0 or 1."""
    has_gold: np.ndarray
    clusters: np.ndarray | None


@dataclass(frozen=True)
class Outcome:
    """Over all simulations: how often 95% intervals cover the truth, and their mean widths."""

    naive: float
    ours: float
    gold_alone: float
    narrower: float
    """1 - our mean width / that of gold alone."""


def independent(random: np.random.Generator, rows: int) -> Population:
    """Labels with the stated shares; the group changes nothing but how often favor is missed."""
    truth = random.choice(3, size=rows, p=PREVALENCE)
    covariates = np.column_stack([np.ones(rows), random.normal(size=rows), random.integers(0, 2, rows)])
    return _population(random, truth, covariates, None)


def regressed(random: np.random.Generator, rows: int) -> Population:
    """Favor follows a logistic regression on the covariates."""
    covariates = np.column_stack([np.ones(rows), random.normal(size=rows), random.integers(0, 2, rows)])
    favor = random.random(rows) < 1 / (1 + np.exp(-covariates @ SLOPES))
    truth = np.where(favor, 0, random.integers(1, 3, rows))
    return _population(random, truth, covariates, None)


def clustered(random: np.random.Generator, rows: int) -> Population:
    """Articles of ten rows: an article has its own shares of labels and its own quality of answers."""
    articles = rows // ARTICLE_ROWS
    shares_of_articles = random.dirichlet(4 * PREVALENCE, size=articles)
    clusters = np.repeat(np.arange(articles), ARTICLE_ROWS)
    truth = _draw(random, shares_of_articles[clusters])
    covariates = np.column_stack([np.ones(rows), random.normal(size=articles)[clusters], random.integers(0, 2, rows)])
    return _population(random, truth, covariates, clusters)


def clustered_regression(random: np.random.Generator, rows: int) -> Population:
    """Articles of ten rows, half of which share what decides them; margins as `regressed`."""
    articles = rows // ARTICLE_ROWS
    clusters = np.repeat(np.arange(articles), ARTICLE_ROWS)
    covariates = np.column_stack(
        [np.ones(rows), random.normal(size=articles)[clusters], random.integers(0, 2, articles)[clusters]]
    )
    level = random.random(articles)[clusters]
    own = np.where(random.random(rows) < 0.5, level, random.random(rows))
    favor = own < 1 / (1 + np.exp(-covariates @ SLOPES))
    truth = np.where(favor, 0, random.integers(1, 3, rows))
    return _population(random, truth, covariates, clusters)


Estimator = Callable[[Population, np.ndarray, np.ndarray | float, Power], Fitted]
"""Population, which rows have gold, their probability, power -> estimates; the first one is judged."""


def favor_share(population: Population, gold: np.ndarray, inclusion: np.ndarray | float, power: Power) -> Fitted:
    """Of favor."""
    return shares(nested(gold, inclusion, population.clusters), population.truth, population.answers, power)


def group_difference(population: Population, gold: np.ndarray, inclusion: np.ndarray | float, power: Power) -> Fitted:
    """Of favor, between the two groups."""
    clusters = np.arange(len(gold)) if population.clusters is None else population.clusters
    found = []
    for group in (1, 0):
        rows = population.covariates[:, 2] == group
        sample = nested(gold[rows], inclusion, None)
        # Both groups in one numbering of clusters, so that what they share is not counted twice.
        sample = type(sample)(sample.prediction_weights, sample.gold_weights, sample.inclusion, clusters[rows])
        found.append(shares(sample, population.truth[rows], population.answers[rows], power))
    return difference(*found)


def linear_slope(population: Population, gold: np.ndarray, inclusion: np.ndarray | float, power: Power) -> Fitted:
    """Of favor on the number, least squares."""
    return _slope(ols, population, gold, inclusion, power)


def logistic_slope(population: Population, gold: np.ndarray, inclusion: np.ndarray | float, power: Power) -> Fitted:
    """Of the log odds of favor on the number."""
    return _slope(logit, population, gold, inclusion, power)


def simulate(
    make: Callable[[np.random.Generator, int], Population],
    estimator: Estimator,
    truth: float,
    *,
    rows: int = 10_000,
    runs: int = 1_000,
    seed: int = 0,
) -> Outcome:
    """`runs` populations of `rows` rows with 5% gold; `truth` is the value that the intervals should cover."""
    everything = np.ones(rows, dtype=bool)
    covered = np.zeros((runs, 3))
    widths = np.zeros((runs, 3))
    for run in range(runs):
        population = make(np.random.default_rng([seed, run]), rows)
        # The naive analysis takes the answers for labels; its errors respect the articles all the same.
        naive = Population(
            population.answers, population.answers, population.covariates, everything, population.clusters
        )
        fits = (
            estimator(naive, everything, 1.0, 0.0),
            estimator(population, population.has_gold, GOLD_SHARE, "tuned"),
            estimator(population, population.has_gold, GOLD_SHARE, 0.0),
        )
        for column, fitted in enumerate(fits):
            half = quantile(CONFIDENCE, fitted.gold_clusters - 1) * fitted.errors[0]
            covered[run, column] = abs(fitted.values[0] - truth) <= half
            widths[run, column] = half
    naive, ours, alone = covered.mean(axis=0).tolist()
    return Outcome(naive, ours, alone, float(1 - widths[:, 1].mean() / widths[:, 2].mean()))


def true_slope(*, linear: bool) -> float:
    """What the slope on the number is in the population: the log odds as made; the linear one by integration."""
    if not linear:
        return float(SLOPES[1])
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    # The number is independent of the group, so its slope is E[number * chance of favor].
    chances = [1 / (1 + np.exp(-(SLOPES[0] + SLOPES[1] * nodes + SLOPES[2] * group))) for group in (0, 1)]
    return float(weights @ (nodes * (chances[0] + chances[1]) / 2))


def _slope(
    fit: Callable[..., Fitted], population: Population, gold: np.ndarray, inclusion: object, power: Power
) -> Fitted:
    sample = nested(gold, inclusion, population.clusters)  # ty: ignore[invalid-argument-type]
    order = [1, 0, 2]
    return fit(sample, population.covariates[:, order], population.truth[:, 0], population.answers[:, 0], power)


def _population(
    random: np.random.Generator, truth: np.ndarray, covariates: np.ndarray, clusters: np.ndarray | None
) -> Population:
    """Answers by the confusion; the higher the number and in group 1, the more often a favor is missed."""
    rows = len(truth)
    chances = CONFUSION[truth]
    missed = np.clip(0.03 * covariates[:, 1] + 0.09 * covariates[:, 2], -0.1, 0.3) * (truth == 0)
    chances = chances + np.column_stack([-missed, np.zeros(rows), missed])
    if clusters is not None:
        worse = random.beta(1, 19, size=clusters.max() + 1)[clusters][:, None]
        chances = (1 - worse) * chances + worse / 3
    gold = np.zeros(rows, dtype=bool)
    gold[random.permutation(rows)[: round(GOLD_SHARE * rows)]] = True
    identity = np.eye(3)
    return Population(identity[truth], identity[_draw(random, np.clip(chances, 0, 1))], covariates, gold, clusters)


def _draw(random: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """One of three numbers a row, shape (N,)."""
    return (random.random(len(chances))[:, None] > np.cumsum(chances, axis=1)[:, :2]).sum(axis=1)
