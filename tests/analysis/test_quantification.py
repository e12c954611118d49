"""Classical quantification against closed forms and made shifts; borrowed shares against known truth."""

import numpy as np
import pytest

from stance.analysis.borrowed import borrowed_shares, errors_between
from stance.analysis.quantification import adjusted_count, classical, confusion, expectation_maximisation
from stance.analysis.rectified import nested


def test_adjusted_counts_of_two_labels_are_formans() -> None:
    tpr, fpr, answered = 0.8, 0.1, 0.38
    rates = np.array([[tpr, fpr], [1 - tpr, 1 - fpr]])
    shares = adjusted_count(np.array([answered, 1 - answered]), rates)
    assert shares == pytest.approx([(answered - fpr) / (tpr - fpr), 1 - (answered - fpr) / (tpr - fpr)], abs=1e-6)


def test_adjusted_counts_stay_shares_where_the_formula_leaves_the_range() -> None:
    shares = adjusted_count(np.array([0.05, 0.95]), np.array([[0.8, 0.1], [0.2, 0.9]]))
    assert shares == pytest.approx([0, 1], abs=1e-6)


def test_three_labels_are_recovered_from_their_confusion() -> None:
    rates = np.array([[0.7, 0.1, 0.1], [0.1, 0.8, 0.2], [0.2, 0.1, 0.7]])
    truth = np.array([0.5, 0.2, 0.3])
    assert adjusted_count(rates @ truth, rates) == pytest.approx(truth, abs=1e-6)


def test_a_confusion_is_weighted_and_fills_in_unseen_labels() -> None:
    gold = np.eye(3)[[0, 0, 1]]
    answers = np.eye(3)[[0, 1, 1]]
    rates = confusion(gold, answers, np.array([3.0, 1.0, 5.0]))
    assert rates[:, 0] == pytest.approx([0.75, 0.25, 0])
    assert rates[:, 2] == pytest.approx([0, 0, 1])


def test_under_prior_shift_all_methods_but_counting_find_the_shares() -> None:
    random = np.random.default_rng(0)
    trained, truth = np.array([0.5, 0.5]), np.array([0.15, 0.85])

    def world(prior: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
        label = (random.random(rows) > prior[0]).astype(int)
        value = random.normal(size=rows) + 1.8 * label
        odds = np.exp(1.8 * value - 1.62)  # of label 1 against label 0 under equal priors
        return np.column_stack([1 / (1 + odds), odds / (1 + odds)]), np.eye(2)[label]

    probabilities, _ = world(truth, 20_000)
    gold_probabilities, gold = world(trained, 4_000)
    rows = np.arange(24_000) >= 20_000
    everything = np.vstack([probabilities, gold_probabilities])
    found = classical(everything, np.vstack([np.zeros((20_000, 2)), gold]), rows, np.ones(24_000), trained)
    without = classical(everything, np.zeros((24_000, 2)), np.zeros(24_000, dtype=bool), np.ones(24_000), None)
    assert set(without) == {"CC", "PCC"}
    mixed = (20_000 * truth + 4_000 * gold.mean(axis=0)) / 24_000
    assert abs(found["CC"][0] - mixed[0]) > 0.05
    for method in ("ACC", "PACC", "SLD"):
        assert found[method] == pytest.approx(mixed, abs=0.02)
    assert expectation_maximisation(probabilities, trained) == pytest.approx(truth, abs=0.02)


def test_borrowed_shares_cover_groups_whose_errors_differ() -> None:
    """Groups of two articles, each with its own rate of errors; a tenth of the rows has gold."""
    random = np.random.default_rng(0)
    covered, spreads = [], []
    for _ in range(15):
        groups = np.repeat(np.arange(50), 30)
        clusters = np.repeat(np.arange(100), 15)
        truth = (random.random(1500) < random.beta(3, 4, 50)[groups]).astype(int)
        missed = (random.random(1500) < random.beta(2, 4, 50)[groups]) & (truth == 1)
        gold, answers = np.eye(2)[truth], np.eye(2)[np.where(missed, 0, truth)]
        labelled = random.permutation(1500) < 150
        sample = nested(labelled, 0.1, clusters)
        errors = errors_between(sample, groups, gold, answers)
        spreads.append(errors.spread)
        for group in range(50):
            found = borrowed_shares(sample, groups == group, gold, answers, errors)
            low, high = found.intervals()[1]
            covered.append(low <= truth[groups == group].mean() <= high)
    assert np.mean(spreads) > 0
    assert 0.93 <= np.mean(covered) <= 1


def test_labels_of_its_own_move_a_borrowed_share() -> None:
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(10), 60)
    truth = random.integers(0, 2, 600)
    answers = np.where((groups == 0) & (random.random(600) < 0.8), 0, truth)
    labelled = random.permutation(600) < 150
    gold, predicted = np.eye(2)[truth], np.eye(2)[answers]
    sample = nested(labelled, 0.25)
    errors = errors_between(sample, groups, gold, predicted)
    found = borrowed_shares(sample, groups == 0, gold, predicted, errors)
    assert found.values.sum() == pytest.approx(1)
    pooled_only = predicted[groups == 0].mean(axis=0) + errors.mean
    assert abs(found.values[1] - truth[groups == 0].mean()) < abs(pooled_only[1] - truth[groups == 0].mean())
