import numpy as np
import pytest

from stance.model.calibration import Calibration, fit_calibration


def logits_of(size: int, sharpness: float, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(logits, labels): the true log-odds times `sharpness`, with `shift` added to the first label."""
    random = np.random.default_rng(0)
    true = random.normal(0, 1.5, (size, 3))
    shares = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    labels = (random.random(size)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    return true * sharpness + np.array([shift, 0, 0]), labels


def test_the_temperature_is_found_as_scikit_learn_finds_it() -> None:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Given(ClassifierMixin, BaseEstimator):
        def __init__(self) -> None:
            self.classes_ = np.arange(3)

        def fit(self, _rows: np.ndarray, _labels: np.ndarray) -> "Given":
            return self

        def decision_function(self, rows: np.ndarray) -> np.ndarray:
            return rows

        def predict(self, rows: np.ndarray) -> np.ndarray:
            return rows.argmax(axis=1)

    logits, labels = logits_of(3000, 2.5)
    found = fit_calibration(logits, labels)
    theirs = CalibratedClassifierCV(FrozenEstimator(Given()), method="temperature").fit(logits, labels)
    (fitted,) = theirs.calibrated_classifiers_
    assert found.temperature == pytest.approx(1 / fitted.calibrators[0].beta_, rel=1e-3)
    assert found.nll_after < found.nll_before
    assert (found.apply(logits).argmax(axis=1) == logits.argmax(axis=1)).all()


def test_vector_scaling_mends_a_label_that_is_given_too_often() -> None:
    logits, labels = logits_of(3000, 1.0, shift=1.0)
    vector, temperature = (fit_calibration(logits, labels, m) for m in ("vector", "temperature"))
    assert vector.nll_after < temperature.nll_after - 0.02
    assert vector.bias[0] < vector.bias[1] - 0.5


def test_soft_gold_is_fitted_as_a_distribution() -> None:
    logits, labels = logits_of(500, 2.0)
    assert fit_calibration(logits, np.eye(3)[labels]) == fit_calibration(logits, labels)


def test_pairs_that_are_all_right_do_not_drive_the_temperature_to_nothing() -> None:
    found = fit_calibration(np.eye(3)[[0, 1, 2]] * 2, np.array([0, 1, 2]))
    assert found.temperature == pytest.approx(0.5, abs=0.01)


def test_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="no pairs to fit"):
        fit_calibration(np.zeros((0, 3)), np.zeros(0, dtype=int))


def test_it_survives_being_written_and_read() -> None:
    found = fit_calibration(*logits_of(50, 2.0))
    assert Calibration.model_validate_json(found.model_dump_json()) == found
