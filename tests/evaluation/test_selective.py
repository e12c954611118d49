import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.pairs import Pairs
from stance.evaluation.selective import promises, risk_coverage
from tests.evaluation.conftest import NAMES, as_pairs, example, labelled

RESAMPLING = Resampling(200)


def system(articles: int, seed: int = 0) -> tuple[Pairs, Answers]:
    """Ten pairs an article, answers right as often as they are sure."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, 10 * articles)
    sureness = random.uniform(0.4, 1, len(labels))
    answer = np.where(random.random(len(labels)) < sureness, labels, (labels + 1) % 4)
    shares = np.tile(((1 - sureness) / 3)[:, None], (1, 4))
    shares[np.arange(len(labels)), answer] = sureness
    gold = [example(i, NAMES[k], group=str(i // 10), target=f"t{i % 3}") for i, k in enumerate(labels)]
    return as_pairs(gold), Answers(answer, shares)


def test_the_curve_ends_at_the_error_of_all_and_rises() -> None:
    gold, answers = system(30)
    curve = risk_coverage(gold, answers, RESAMPLING)
    assert curve is not None
    last = curve["points"][-1]
    assert last["answered"] == 1
    assert last["error"]["value"] == pytest.approx((answers.label != gold.label).mean())
    assert last["error"]["low"] < last["error"]["value"] < last["error"]["high"]
    assert curve["points"][4]["error"]["value"] < last["error"]["value"]
    assert 0 < curve["area"] < last["error"]["value"]


def test_pairs_that_are_equally_sure_are_answered_together() -> None:
    gold = as_pairs([example(i) for i in range(10)])
    shares = np.tile([0.1, 0.1, 0.7, 0.1], (10, 1))
    curve = risk_coverage(gold, Answers(np.full(10, 2), shares), RESAMPLING)
    assert curve is not None
    assert {point["answered"] for point in curve["points"]} == {1.0}


def test_promises_fitted_elsewhere_are_kept_here() -> None:
    gold, answers = system(60)
    found = promises(gold, answers, RESAMPLING, system(80, seed=1))
    assert found is not None
    assert found["fitted_on"] == {"articles": 80, "pairs": 800, "half": False}
    assert found["measured"] == 600
    promised = [row for row in found["answers"] if row["threshold"] is not None]
    assert promised
    assert all(row["kept"] and 0 < row["answered"] <= 1 for row in promised)
    for row in found["sets"]:
        assert row["covered"]["value"] == pytest.approx(row["coverage"], abs=0.06)
        assert 1 <= row["size"] <= 4
    assert found["targets"]["fitted"] == 3


def test_without_other_articles_half_of_these_are_fitted_on() -> None:
    gold, answers = system(40)
    found = promises(gold, answers, RESAMPLING, None)
    assert found is not None
    assert found["fitted_on"]["half"] is True
    assert found["fitted_on"]["pairs"] + found["measured"] == len(gold)


def test_labels_alone_promise_nothing() -> None:
    gold = as_pairs([example(i) for i in range(10)])
    assert promises(gold, labelled(["favor"] * 10), RESAMPLING, None) is None
    assert risk_coverage(gold, labelled(["favor"] * 10), RESAMPLING) is None
