from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.scores import describe_system, f_avg_over_targets, resample_systems
from stance.labels import LabelScheme
from stance.records import Example
from tests.evaluation.conftest import as_pairs, example, labelled

RESAMPLING = Resampling(300)


def answers_right_in(share: float, gold: Sequence[Example], seed: int) -> Answers:
    random = np.random.default_rng(seed)
    return labelled([e.label if random.random() < share else "unrelated" for e in gold])


@pytest.fixture
def gold() -> list[Example]:
    return [example(i, label=("favor", "against", "neutral")[i % 3], group=str(i // 6)) for i in range(120)]


def test_a_system_among_others_scores_as_it_does_alone(gold: list[Example], scheme: LabelScheme) -> None:
    good, poor = answers_right_in(0.9, gold, 1), answers_right_in(0.3, gold, 2)
    pairs = as_pairs(gold)
    together = resample_systems(pairs, {"good": good, "poor": poor}, scheme, RESAMPLING)
    alone = resample_systems(pairs, {"poor": poor}, scheme, RESAMPLING)
    np.testing.assert_array_equal(together["poor"].resamples, alone["poor"].resamples)
    good_scores, poor_scores = (describe_system(together[n], scheme, 0.95) for n in ("good", "poor"))
    assert good_scores["macro_f1"]["low"] > poor_scores["macro_f1"]["high"]


def test_every_interval_holds_its_value_and_counts_add_up(gold: list[Example], scheme: LabelScheme) -> None:
    systems = resample_systems(as_pairs(gold), {"x": answers_right_in(0.6, gold, 3)}, scheme, RESAMPLING)
    scores = describe_system(systems["x"], scheme, 0.95)
    for name in ("macro_f1", "f_avg", "macro_f1_three_way", "accuracy", "matthews", "kappa"):
        assert scores[name]["low"] < scores[name]["value"] < scores[name]["high"]
    assert np.sum(scores["confusion"]) == len(gold)
    assert sum(row["gold"] for row in scores["labels"].values()) == len(gold)
    assert scores["labels"]["unrelated"]["gold"] == 0
    assert scores["labels"]["unrelated"]["predicted"] > 0
    assert scores["labels"]["favor"]["recall"]["low"] < scores["labels"]["favor"]["recall"]["value"] < 1


def test_f_avg_over_targets_is_the_mean_of_scikit_learns(scheme: LabelScheme) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 400)
    gold = [example(i, scheme.names[k], target=f"t{i % 5}", group=str(i // 4)) for i, k in enumerate(labels)]
    gold += [example(1000 + i, "favor", target="one side only") for i in range(20)]
    answers = labelled([scheme.names[k] for k in random.integers(0, 4, 420)])
    found = f_avg_over_targets(as_pairs(gold), answers, scheme, RESAMPLING)
    truth = np.array([scheme.index(e.label) for e in gold])
    place = np.array([e.target for e in gold])
    each = [
        f1_score(truth[place == t], answers.label[place == t], labels=[0, 1], average="macro", zero_division=0)
        for t in ("t0", "t1", "t2", "t3", "t4")
    ]
    assert found is not None
    assert found["targets"] == 5
    assert found["value"] == pytest.approx(np.mean(each), abs=1e-9)
    assert found["low"] < found["value"] < found["high"]


def test_no_target_with_both_sides_has_no_mean(scheme: LabelScheme) -> None:
    gold = [example(i, "favor") for i in range(5)]
    assert f_avg_over_targets(as_pairs(gold), labelled(["favor"] * 5), scheme, RESAMPLING) is None


@pytest.mark.slow
def test_intervals_of_macro_f1_cover_the_truth_as_often_as_they_say(scheme: LabelScheme) -> None:
    """1,000 simulated test sets of 100 articles that differ in skill, 15 pairs each."""
    from bench.evaluate_simulations import macro_f1_coverage

    assert 0.93 <= macro_f1_coverage(1000) <= 0.97
