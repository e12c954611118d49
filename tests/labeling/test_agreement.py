import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from stance.bootstrap import Resampling, group_confusions
from stance.labeling.agreement import (
    Unit,
    agreement,
    cohen_kappa,
    coincidences,
    fleiss_kappa,
    fleiss_sums,
    krippendorff_alpha,
    label_kappas,
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
    """Krippendorff 2011, section B: two observers, twelve units, nominal data, alpha = 0.692.

    By its formula, (n - 1) sum o_cc - sum n_c (n_c - 1) over n (n - 1) - sum n_c (n_c - 1): (23 * 18 - 104) / 448.
    """
    first, second = list("aabbdcccedda"), list("babbbccceddd")
    units = [Unit({"first": a, "second": b}, str(i)) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    matrix = coincidences(units, list("abcde")).sum(axis=0)
    assert float(krippendorff_alpha(matrix)) == pytest.approx(310 / 448, abs=1e-12)


def test_alpha_of_krippendorffs_worked_example_with_missing_answers() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, some answers missing, alpha = 0.743.

    Its coincidence matrix has 7, 10, 8, 4, 3 on the diagonal and the sums 9, 13, 10, 5, 3: (39 * 32 - 344) / 1216.
    """
    table = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    columns = zip(*(row.split() for row in table), strict=True)
    units = [Unit({str(k): v for k, v in enumerate(column) if v != "."}, str(i)) for i, column in enumerate(columns)]
    matrix = coincidences(units, list("12345")).sum(axis=0)
    assert float(krippendorff_alpha(matrix)) == pytest.approx(904 / 1216, abs=1e-12)


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


FLEISS = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]]
FLEISS += [[7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]


def raters(table: list[list[int]]) -> list[Unit]:
    answers = [[str(label) for label, count in enumerate(row) for _ in range(count)] for row in table]
    return [Unit({str(k): label for k, label in enumerate(row)}, str(i)) for i, row in enumerate(answers)]


def test_fleiss_kappa_of_a_published_worked_example() -> None:
    """14 raters, 10 subjects, 5 categories: Wikipedia, "Fleiss' kappa", section "Worked example".

    There P-bar = 3.78 / 10 and P-bar-e = 0.213 give 0.210; the exact value is from the article's sums of squares:
    P-bar = (sum of squares 828 - 140) / (10 * 14 * 13), P-bar-e = (20**2 + 28**2 + 39**2 + 21**2 + 32**2) / 140**2.
    """
    observed = (sum(n * n for row in FLEISS for n in row) - 140) / (10 * 14 * 13)
    expected = (20**2 + 28**2 + 39**2 + 21**2 + 32**2) / 140**2
    sums = fleiss_sums(raters(FLEISS), list("01234")).sum(axis=0)
    found = float(fleiss_kappa(sums))
    assert found == pytest.approx(0.210, abs=5e-4)
    assert found == pytest.approx((observed - expected) / (1 - expected), abs=1e-12)


def test_the_kappa_of_one_label_is_that_of_fleiss() -> None:
    """Fleiss 1971, eq. 20: 1 - sum of n_ij (n - n_ij) / (N n (n - 1) p_j (1 - p_j))."""
    units = raters(FLEISS)
    found = label_kappas(coincidences(units, list("01234")).sum(axis=0))
    for label in range(5):
        counts = [row[label] for row in FLEISS]
        share = sum(counts) / 140
        mixed = sum(n * (14 - n) for n in counts)
        assert float(found[label]) == pytest.approx(1 - mixed / (10 * 14 * 13 * share * (1 - share)), abs=1e-12)


def test_kappa_of_a_published_worked_example() -> None:
    """Two readers of 50 proposals, 20 twice yes, 15 twice no, 5 and 10 mixed: 0.4 (Wikipedia, "Cohen's kappa")."""
    assert float(cohen_kappa(np.array([[20, 5], [10, 15]]))) == pytest.approx(0.4, abs=1e-12)
