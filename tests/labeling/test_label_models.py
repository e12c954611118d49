import numpy as np
import pytest

from stance.labeling.label_models import Ballots, count_ballots, dawid_skene, majority, one_coin
from stance.labels import LabelScheme
from stance.records import Vote


def simulate(confusions: np.ndarray, items: int, votes_an_item: int, seed: int = 0) -> tuple[Ballots, np.ndarray]:
    """Items with evenly distributed truth, each answered by some annotators drawn at random."""
    random = np.random.default_rng(seed)
    annotators, labels = confusions.shape[:2]
    truth = random.integers(labels, size=items)
    voters = np.argsort(random.random((items, annotators)), axis=1)[:, :votes_an_item]
    said = (confusions[voters, truth[:, None]].cumsum(axis=2) < random.random((items, votes_an_item, 1))).sum(axis=2)
    numbers = np.repeat(np.arange(items), votes_an_item)
    weights = np.ones(len(numbers))
    names = [str(i) for i in range(annotators)]
    return Ballots(numbers, voters.ravel(), said.ravel(), weights, range(items), names, labels), truth  # ty: ignore[invalid-argument-type]


def coin(accuracy: float, labels: int = 4) -> np.ndarray:
    wrong = (1 - accuracy) / (labels - 1)
    return np.full((labels, labels), wrong) + (accuracy - wrong) * np.eye(labels)


CROWD = np.stack([coin(a) for a in (0.95, 0.9, 0.85, 0.6, 0.55, 0.5, 0.45, 0.45)])
ACCURACY = CROWD[:, 0, 0]


@pytest.mark.parametrize("model", [one_coin, dawid_skene])
def test_accuracies_are_recovered_and_majority_is_beaten(model: object) -> None:
    ballots, truth = simulate(CROWD, 3000, 5)
    fit = model(ballots)  # ty: ignore[call-non-callable]
    assert np.abs(fit.accuracy - ACCURACY).max() < 0.03
    right = (fit.probabilities.argmax(axis=1) == truth).mean()
    assert right >= (majority(ballots).probabilities.argmax(axis=1) == truth).mean() + 0.03


def test_dawid_skene_recovers_a_bias_and_uses_it() -> None:
    biased = coin(0.9)
    biased[2] = [0.85, 0.05, 0.05, 0.05]
    ballots, _ = simulate(np.stack([biased, coin(0.9), coin(0.9), coin(0.85)]), 3000, 4)
    fit = dawid_skene(ballots)
    assert np.abs(fit.confusion[0] - biased).max() < 0.05


def test_what_is_known_stays_and_teaches() -> None:
    """Two sources that always differ: only a known answer can say which of them is right."""
    items = np.repeat(np.arange(50), 2)
    labels = np.where(np.arange(100) % 2 == 0, 0, 1)
    ballots = Ballots(items, np.tile([0, 1], 50), labels, np.ones(100), range(50), ["a", "b"], 4)  # ty: ignore[invalid-argument-type]
    fit = one_coin(ballots, {0: 1, 1: 1, 2: 1, 3: 1})
    assert fit.probabilities[0].tolist() == [0, 1, 0, 0]
    assert fit.accuracy[1] > fit.accuracy[0] + 0.2
    assert (fit.probabilities.argmax(axis=1) == 1).all()


def test_abstentions_are_no_ballots(scheme: LabelScheme) -> None:
    cast = [("p", "a", "favor"), ("p", "b", None), ("q", "b", "neutral")]
    ballots = count_ballots([Vote(pair_id=p, labeler=s, label=x) for p, s, x in cast], scheme)
    assert (list(ballots.item_names), list(ballots.source_names)) == (["p", "q"], ["a", "b"])
    assert ballots.labels.tolist() == [0, 2]


def test_a_label_off_the_scheme_is_refused(scheme: LabelScheme) -> None:
    with pytest.raises(ValueError, match="expected one of favor"):
        count_ballots([Vote(pair_id="p", labeler="a", label="maybe")], scheme)
