import numpy as np
import pytest

from stance.bootstrap import Resampling
from stance.evaluation.comparison import (
    bootstrap_p,
    compare_systems,
    detectable_difference,
    holm,
    mcnemar_exact,
    mcnemar_of_articles,
)
from stance.evaluation.scores import resample_systems
from stance.labels import LabelScheme
from tests.evaluation.conftest import as_pairs, example, labelled

RESAMPLING = Resampling(400)


def test_pairing_finds_a_small_lead_that_separate_intervals_hide(scheme: LabelScheme) -> None:
    """The second system makes the first one's errors and one more in every other article."""
    gold = [example(i, label=("favor", "against", "neutral")[i % 3], group=str(i // 6)) for i in range(120)]
    first = ["unrelated" if int(e.group) % 2 else e.label for e in gold]
    second = ["unrelated" if i % 12 == 0 else label for i, label in enumerate(first)]
    pairs, answers = as_pairs(gold), {"first": labelled(first), "second": labelled(second), "base": labelled(first)}
    resampled = resample_systems(pairs, answers, scheme, RESAMPLING)
    rows = compare_systems(pairs, answers, resampled, ["first", "second"], RESAMPLING)
    assert [(row["first"], row["second"]) for row in rows] == [("first", "second"), ("first", "base")]
    lead, tie = rows
    assert lead["difference"]["low"] > 0
    assert lead["intervals_overlap"] is True
    assert lead["p_holm"] == pytest.approx(2 * lead["p_bootstrap"])
    assert (lead["only_first_right"], lead["only_second_right"]) == (10, 0)
    assert lead["p_mcnemar"] == pytest.approx(2 / 2**10)
    assert (tie["p_bootstrap"], tie["p_mcnemar"], tie["p_mcnemar_articles"], tie["detectable"]) == (1, 1, 1, 0)


@pytest.mark.parametrize(("one", "two"), [(0, 0), (5, 5), (10, 3), (0, 8), (400, 350)])
def test_mcnemar_equals_scipys_binomial_test(one: int, two: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(one, one + two).pvalue if one + two else 1.0
    assert mcnemar_exact(one, two) == pytest.approx(expected, abs=1e-9)


def test_mcnemar_over_articles_of_one_pair_is_the_usual_statistic() -> None:
    from scipy.stats import chi2

    surplus = np.array([1.0] * 12 + [-1.0] * 4 + [0.0] * 30)
    assert mcnemar_of_articles(surplus) == pytest.approx(chi2.sf((12 - 4) ** 2 / 16, 1), abs=1e-12)
    # The same surplus in few articles is weaker evidence.
    assert mcnemar_of_articles(np.array([6.0, 6.0, -4.0])) > mcnemar_of_articles(surplus)


def test_holm_is_that_of_the_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]


def test_a_difference_on_one_side_of_zero_has_a_small_p() -> None:
    assert bootstrap_p(np.full(999, 0.1)) == pytest.approx(0.002)
    assert bootstrap_p(np.linspace(-1, 1, 1001)) == pytest.approx(1, abs=0.01)


def test_the_detectable_difference_is_found_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    smallest = detectable_difference(random.normal(0, 0.02, 100_000), 0.95)
    found = np.abs(random.normal(smallest, 0.02, 100_000)) > 1.96 * 0.02
    assert found.mean() == pytest.approx(0.8, abs=0.01)
