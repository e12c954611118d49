"""What a model promises when it may answer with a set, or not at all: the thresholds in its folder are applied."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stance import StanceClassifier
from stance.model.abstention import Abstention
from tests.conftest import PLACES, SENTENCES

OWN, OTHER = "foreign intervention in Libya", "foreign intervention in Mali"
"""The first has thresholds of its own."""
TEXTS = [text.format(place) for place in PLACES[:5] for text in SENTENCES.values()]


@pytest.fixture(scope="module")
def promising(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> StanceClassifier:
    """The tiny model made unsure, with thresholds set amid its own probabilities."""
    folder = tmp_path_factory.mktemp("promising") / "model"
    shutil.copytree(trained, folder)
    settings = json.loads((folder / "stance.json").read_text())
    assert settings["calibration"]["method"] == "temperature"
    settings["calibration"]["scale"] = [0.25] * 4
    (folder / "stance.json").write_text(json.dumps(settings))
    rows = StanceClassifier.load(folder, threads=1).predict_proba(TEXTS, OTHER)
    strict, middle, lax = (float(np.quantile(rows, share)) for share in (0.85, 0.7, 0.4))
    settings["abstention"] = {
        "sets": {"0.8": middle, "0.9": lax, "0.95": 0.0},
        "sets_by_target": {OWN: {"0.8": strict, "0.9": middle, "0.95": lax}},
        "answers": {"0.1": 0.9, "0.25": float(np.median(rows.max(axis=1)))},
        "confidence": 0.95,
        "articles": 40,
        "pairs": 400,
    }
    (folder / "stance.json").write_text(json.dumps(settings))
    return StanceClassifier.load(folder, threads=1)


@pytest.fixture
def fitted(promising: StanceClassifier) -> Abstention:
    assert promising.settings.abstention is not None
    return promising.settings.abstention


@pytest.mark.parametrize("target", [OWN, OTHER])
def test_a_set_has_every_label_above_the_threshold_of_its_target(
    promising: StanceClassifier, fitted: Abstention, target: str
) -> None:
    least = fitted.sets_by_target[OWN]["0.9"] if target == OWN else fitted.sets["0.9"]
    sets = promising.predict_sets(TEXTS, target)
    for held, row in zip(sets, promising.predict_proba(TEXTS, target), strict=True):
        assert set(held) == {name for name, p in zip(promising.scheme.names, row, strict=True) if p >= least}
        shares = [row[promising.scheme.index(name)] for name in held]
        assert shares == sorted(shares, reverse=True)
    assert len({len(held) for held in sets}) > 1


def test_each_pair_has_the_threshold_of_its_own_target(promising: StanceClassifier) -> None:
    targets = [OWN if i % 2 else OTHER for i in range(len(TEXTS))]
    mixed = promising.predict_sets(TEXTS, targets)
    alone = {target: promising.predict_sets(TEXTS, target) for target in (OWN, OTHER)}
    assert mixed == [alone[target][i] for i, target in enumerate(targets)]
    assert mixed != alone[OTHER]


def test_more_coverage_means_larger_sets_up_to_all_labels(promising: StanceClassifier) -> None:
    few, more, all_labels = (promising.predict_sets(TEXTS, OTHER, coverage=c) for c in (0.8, 0.9, 0.95))
    for a, b, c in zip(few, more, all_labels, strict=True):
        assert set(a) <= set(b) <= set(c) == set(promising.scheme.names)
    assert few != more


def test_the_threshold_for_an_error_makes_the_unsure_abstain(promising: StanceClassifier, fitted: Abstention) -> None:
    assert promising.threshold_for(0.1) == 0.9
    threshold = promising.threshold_for(0.25)
    assert threshold == fitted.answers["0.25"]
    answers = promising.predict(TEXTS, OTHER, abstain_below=threshold)
    assert [p.abstained for p in answers] == (promising.predict_proba(TEXTS, OTHER).max(axis=1) < threshold).tolist()
    assert {p.abstained for p in answers} == {True, False}


def test_what_was_not_promised_is_refused_with_what_is(promising: StanceClassifier) -> None:
    with pytest.raises(ValueError, match=r"coverage 0\.99 was not fitted; this model has 0\.8, 0\.9, 0\.95"):
        promising.predict_sets(TEXTS, OWN, coverage=0.99)
    with pytest.raises(ValueError, match=r"error 0\.05 cannot be promised; this model has 0\.1, 0\.25"):
        promising.threshold_for(0.05)


def test_a_model_of_few_dev_articles_puts_in_all_labels_and_promises_no_error(trained: Path) -> None:
    classifier = StanceClassifier.load(trained, threads=1)
    fitted = classifier.settings.abstention
    assert fitted is not None
    # 1 / (articles + 1) of the weight lies at infinity, so that few articles cover 95% with all labels only.
    assert fitted.articles < 19
    for held in classifier.predict_sets(TEXTS, OWN, coverage=0.95):
        assert sorted(held) == sorted(classifier.scheme.names)
    assert fitted.answers == {}
    with pytest.raises(ValueError, match="this model has none"):
        classifier.threshold_for(0.4)
