import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.probabilities import (
    brier,
    cross_entropy,
    describe_probabilities,
    ece_by_chance,
    expected_calibration_error,
    jensen_shannon,
    nll,
    total_variation,
)
from tests.evaluation.conftest import NAMES, as_pairs, example

RESAMPLING = Resampling(200)


def drawn(size: int, seed: int = 0, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities, labels) of a calibrated system, whose logits are then multiplied by `sharpness`."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(4), size)
    labels = (random.random(size)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    sharp = shares**sharpness
    return sharp / sharp.sum(axis=1, keepdims=True), labels


def test_proper_scores_equal_scikit_learn() -> None:
    shares, labels = drawn(500)
    assert nll(shares.clip(1e-6), labels).mean() == pytest.approx(log_loss(labels, shares.clip(1e-6)), abs=1e-5)
    exact = np.maximum(shares, 1e-3)
    exact /= exact.sum(axis=1, keepdims=True)
    assert nll(exact, labels).mean() == pytest.approx(log_loss(labels, exact), abs=1e-9)
    theirs = brier_score_loss(labels, shares, labels=range(4), scale_by_half=False)
    assert brier(shares, labels).mean() == pytest.approx(theirs, abs=1e-9)


def test_ece_equals_that_from_scikit_learns_curve() -> None:
    shares, labels = drawn(2000, sharpness=2)
    sureness, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(right, sureness, n_bins=15)
    held = np.histogram(sureness, np.linspace(0, 1, 16))[0]
    expected = (np.abs(accuracy - mean) * held[held > 0]).sum() / len(labels)
    assert expected_calibration_error(sureness, right) == pytest.approx(expected, abs=1e-9)


def test_the_bias_of_ece_is_what_calibrated_systems_show() -> None:
    found = []
    for seed in range(40):
        shares, labels = drawn(600, seed)
        found.append(expected_calibration_error(shares.max(axis=1), shares.argmax(axis=1) == labels))
    assert np.mean(found) == pytest.approx(ece_by_chance(drawn(600)[0].max(axis=1)), rel=0.1)


def test_distances_of_distributions_equal_scipys() -> None:
    from scipy.spatial.distance import jensenshannon

    one, two = drawn(50)[0], np.eye(4)[drawn(50, 1)[1]]
    np.testing.assert_allclose(jensen_shannon(one, two), jensenshannon(one, two, base=2, axis=1), atol=1e-9)
    np.testing.assert_allclose(total_variation(one, one), 0, atol=1e-12)
    np.testing.assert_allclose(cross_entropy(one.clip(1e-6), two), nll(one, two.argmax(axis=1)), atol=1e-9)


def test_an_overconfident_system_is_found_and_scaling_mends_it() -> None:
    shares, labels = drawn(1500, sharpness=3)
    gold = as_pairs([example(i, NAMES[k], group=str(i // 5)) for i, k in enumerate(labels)])
    found = describe_probabilities(gold, Answers(shares.argmax(axis=1), shares), RESAMPLING)
    assert found is not None
    assert found["ece"]["low"] > 2 * found["ece_by_chance"]
    mended = found["rescaled"]["temperature"]
    assert mended["temperature"] == pytest.approx(3, rel=0.15)
    assert mended["ece"] < found["ece"]["value"] / 3
    assert mended["nll"] < found["nll"]["value"]
    assert sum(row["pairs"] for row in found["bins"]) == 1500
    assert all(row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"] for row in found["bins"])
    assert found["soft"] is None


def test_soft_gold_is_compared_as_a_distribution() -> None:
    soft = (0.5, 0.25, 0.25, 0.0)
    gold = as_pairs([example(i, "favor", probabilities=soft) for i in range(8)])
    found = describe_probabilities(gold, Answers(np.zeros(8, dtype=int), np.tile(soft, (8, 1))), RESAMPLING)
    assert found is not None
    assert found["soft"]["total_variation"]["value"] == 0
    assert found["soft"]["cross_entropy"]["value"] == pytest.approx(1.5 * np.log(2))


def test_a_system_without_probabilities_has_no_scores() -> None:
    assert describe_probabilities(as_pairs([example(1)]), Answers(np.array([0])), RESAMPLING) is None
