import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from stance.bootstrap import Resampling, group_confusions
from stance.labeling.agreement import (
    Unit,
    agreement,
    cohen_kappa,
    coincidences,
    krippendorff_alpha,
    mutual_macro_f1,
    raw_agreement,
)
from stance.labels import LabelScheme

NAMES = ("favor", "against", "neutral", "unrelated")


def random_answers(size: int) -> tuple[list[int], list[int]]:
    random = np.random.default_rng(0)
    first = random.integers(4, size=size)
    second = np.where(random.random(size) < 0.7, first, random.integers(4, size=size))
    return first.tolist(), second.tolist()


def test_kappa_and_macro_f1_are_those_of_scikit_learn() -> None:
    first, second = random_answers(200)
    confusion = group_confusions(first, second, ["a"] * 200, 4).sum(axis=0)
    assert float(cohen_kappa(confusion)) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert float(mutual_macro_f1(confusion)) == pytest.approx(f1_score(first, second, average="macro"), abs=1e-12)
    assert float(raw_agreement(confusion)) == pytest.approx(np.mean(np.equal(first, second)), abs=1e-12)


def test_alpha_of_krippendorffs_worked_example_with_two_observers() -> None:
    """Krippendorff 2011, section B: two observers, ten units, nominal data, alpha = 0.692."""
    first, second = list("aabbdcccedda"), list("babbbccceddd")
    units = [Unit({"first": a, "second": b}, str(i)) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    matrix = coincidences(units, list("abcde")).sum(axis=0)
    assert float(krippendorff_alpha(matrix)) == pytest.approx(0.692, abs=5e-4)


def test_alpha_of_krippendorffs_worked_example_with_missing_answers() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, some answers missing, alpha = 0.743."""
    table = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    columns = zip(*(row.split() for row in table), strict=True)
    units = [Unit({str(k): v for k, v in enumerate(column) if v != "."}, str(i)) for i, column in enumerate(columns)]
    matrix = coincidences(units, list("12345")).sum(axis=0)
    assert float(krippendorff_alpha(matrix)) == pytest.approx(0.743, abs=5e-4)


def test_agreement_counts_only_what_two_answered_and_gives_intervals(scheme: LabelScheme) -> None:
    first, second = random_answers(120)
    units = [
        Unit({"ann": NAMES[a], "bob": NAMES[b]}, f"article {i // 6}")
        for i, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    found = agreement([*units, Unit({"ann": "favor"}, "alone")], scheme, Resampling(resamples=200))
    assert found is not None
    (pair,) = found["pairs_of_annotators"]
    assert (found["units"], found["groups"], pair["units"]) == (120, 20, 120)
    for measure in (found["krippendorff_alpha"], pair["raw"], pair["cohen_kappa"], pair["macro_f1"]):
        assert measure["low"] < measure["value"] < measure["high"]


def test_without_double_labels_there_is_no_agreement(scheme: LabelScheme) -> None:
    assert agreement([Unit({"ann": "favor"}, "a")], scheme, Resampling()) is None
