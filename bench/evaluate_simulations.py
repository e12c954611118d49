"""Simulations with known truth: do intervals, sets and promised errors hold as often as they say?"""

import numpy as np

from stance.bootstrap import Resampling, confusions_by_group, percentile_interval, resampled_confusions
from stance.evaluation.metrics import macro_f1
from stance.model.abstention import answer_threshold, set_quantile

ARTICLES, PAIRS = 100, 15


def macro_f1_coverage(simulations: int) -> float:
    """How often a 95% interval of macro-F1 holds the truth: 100 articles of unequal skill and labels, 15 pairs each."""
    truth = float(macro_f1(_confusions(np.random.default_rng(10**6), 200_000).sum(axis=0)))
    held = 0
    for seed in range(simulations):
        matrices = _confusions(np.random.default_rng(seed), ARTICLES)
        low, high = percentile_interval(macro_f1(resampled_confusions(matrices, Resampling(1000, seed=seed))), 0.95)
        held += low <= truth <= high
    return held / simulations


def violations(simulations: int, articles: int, max_error: float) -> float:
    """How often a promised error is exceeded in the population that the articles were drawn from."""
    sureness, right, _ = draw_articles(np.random.default_rng(10**6), 40_000)
    broken = 0
    for seed in range(simulations):
        threshold = answer_threshold(*draw_articles(np.random.default_rng(seed), articles), max_error)
        broken += threshold is not None and bool((~right[sureness >= threshold]).mean() > max_error)
    return broken / simulations


def set_coverage(simulations: int, articles: int, coverage: float = 0.9) -> float:
    """How often a random sentence of one more article is held by a conformal set."""
    held = []
    for seed in range(simulations):
        sureness, right, unit = draw_articles(np.random.default_rng(seed), articles + 20)
        misfit = np.where(right, 1 - sureness, sureness)
        old = unit < articles
        quantile = set_quantile(misfit[old], unit[old], coverage)
        held += [float((misfit[unit == new] <= quantile).mean()) for new in range(articles, articles + 20)]
    return float(np.mean(held))


def draw_articles(random: np.random.Generator, articles: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sureness, right, article number) of pairs: 3 to 24 an article, whose skill differs from its sureness as one."""
    sizes = random.integers(3, 25, articles)
    unit = np.repeat(np.arange(articles), sizes)
    sureness = random.uniform(0.3, 1, len(unit))
    shift = random.normal(0, 0.15, articles)[unit]
    return sureness, random.random(len(unit)) < np.clip(sureness + 0.03 + shift, 0, 1), unit


def _confusions(random: np.random.Generator, articles: int) -> np.ndarray:
    """Confusion matrices of articles, shape (articles, 4, 4)."""
    unit = np.repeat(np.arange(articles), PAIRS)
    shares = random.dirichlet([2, 2, 3, 1], articles)
    gold = (random.random(len(unit))[:, None] > shares.cumsum(axis=1)[unit]).sum(axis=1).clip(max=3)
    skill = random.beta(6, 4, articles)[unit]
    answer = np.where(random.random(len(unit)) < skill, gold, random.integers(0, 4, len(unit)))
    return confusions_by_group(gold, answer, unit, articles, 4)
