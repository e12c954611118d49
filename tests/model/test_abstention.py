"""The guarantees, simulated: articles of unequal length whose sentences fail together."""

import numpy as np
import pytest

from bench.evaluate_simulations import draw_articles, set_coverage, violations
from stance.model.abstention import answer_threshold, fit_abstention, set_quantile


def test_with_one_pair_an_article_the_threshold_is_that_of_clopper_and_pearson() -> None:
    from scipy.stats import binomtest

    random = np.random.default_rng(0)
    sureness = random.uniform(0.3, 1, 400)
    right = random.random(400) < sureness**0.3
    threshold = answer_threshold(sureness, right, np.arange(400), 0.2)
    assert threshold is not None
    said = sureness >= threshold
    wrong, number = int((said & ~right).sum()), int(said.sum())
    # A third of the risk for each of the three sequences of tests; two-sided 1 - 2a is one-sided 1 - a.
    assert binomtest(wrong, number).proportion_ci(1 - 2 * 0.05 / 3, method="exact").high <= 0.2


def test_sentences_that_fail_together_are_worth_less() -> None:
    """The same answers, once as articles of their own and once in articles that are right or wrong as a whole."""
    wrong_articles = np.arange(60) % 8 == 0
    right = ~np.repeat(wrong_articles, 10)
    sureness = np.full(600, 0.9)
    assert answer_threshold(sureness, right, np.arange(600), 0.2) is not None
    assert answer_threshold(sureness, right, np.repeat(np.arange(60), 10), 0.2) is None


def test_the_set_quantile_of_single_pairs_is_split_conformal() -> None:
    misfit = np.random.default_rng(0).random(99)
    assert set_quantile(misfit, np.arange(99), 0.9) == np.sort(misfit)[89]
    assert set_quantile(misfit[:5], np.arange(5), 0.9) == np.inf


def test_a_long_article_weighs_as_much_as_a_short_one() -> None:
    unit = np.array([0] * 50 + list(range(1, 20)))
    misfit = np.array([1.0] * 50 + [0.1] * 19)
    assert set_quantile(misfit, unit, 0.9) == 0.1


def test_promises_hold_in_simulation() -> None:
    """Few draws; the bench and the slow test below have more."""
    assert violations(60, articles=60, max_error=0.3) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert set_coverage(60, articles=40) == pytest.approx(0.9, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("articles", [30, 100])
def test_promises_hold_in_a_thousand_simulations(articles: int) -> None:
    assert violations(1000, articles=articles, max_error=0.3) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 1000)
    assert set_coverage(1000, articles=articles) >= 0.9 - 0.01


def test_a_target_with_many_articles_has_its_own_sets() -> None:
    sureness, right, unit = draw_articles(np.random.default_rng(1), 60)
    shares = np.stack([sureness, 1 - sureness], axis=1)
    targets = ["common" if u < 30 else f"rare {u}" for u in unit]
    found = fit_abstention(shares, np.where(right, 0, 1), unit.astype(str).tolist(), targets)
    assert list(found.sets_by_target) == ["common"]
    assert set(found.sets) == {"0.8", "0.9", "0.95"}
    assert found.articles == 60
    assert found.sets["0.95"] <= found.sets["0.8"]
