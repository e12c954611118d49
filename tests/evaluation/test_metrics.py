import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from stance.evaluation.metrics import (
    accuracy,
    cohen_kappa,
    confusion_matrix,
    f1,
    headline_metrics,
    macro_f1,
    matthews,
    merge_labels,
    precision,
    recall,
)
from stance.labels import LabelScheme

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=80)


@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
@settings(deadline=None)
@given(PAIRS)
def test_metrics_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Labels that are absent from gold, from the predictions, or from both are among the cases."""
    gold, predicted = zip(*pairs, strict=True)
    confusion = confusion_matrix(gold, predicted, 4)
    labels = range(4)
    expected = sklearn.precision_recall_fscore_support(gold, predicted, labels=labels, zero_division=0)
    np.testing.assert_array_equal(confusion, sklearn.confusion_matrix(gold, predicted, labels=labels))
    for ours, theirs in zip((precision, recall, f1), expected, strict=False):
        np.testing.assert_allclose(ours(confusion), theirs, atol=1e-12)
    assert accuracy(confusion) == pytest.approx(sklearn.accuracy_score(gold, predicted), abs=1e-12)
    assert macro_f1(confusion) == pytest.approx(expected[2].mean(), abs=1e-12)
    if len(set(gold) | set(predicted)) > 1:  # scikit-learn has nan for one label that both always give
        assert cohen_kappa(confusion) == pytest.approx(sklearn.cohen_kappa_score(gold, predicted), abs=1e-9)
    assert matthews(confusion) == pytest.approx(sklearn.matthews_corrcoef(gold, predicted), abs=1e-9)


@settings(deadline=None)
@given(PAIRS)
def test_three_way_and_polar_scores_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    scheme = LabelScheme(
        definitions={"favor": "f", "against": "a", "neutral": "n", "unrelated": "u"},
        polar=("favor", "against"),
        merged_into_none=("neutral", "unrelated"),
    )
    gold, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    scores = headline_metrics(confusion_matrix(gold, predicted, 4), scheme)
    merged = [np.minimum(column, 2) for column in (gold, predicted)]
    three_way = sklearn.f1_score(*merged, labels=range(3), average="macro", zero_division=0)
    polar = sklearn.f1_score(gold, predicted, labels=[0, 1], average="macro", zero_division=0)
    assert scores["macro_f1_three_way"] == pytest.approx(three_way, abs=1e-12)
    assert scores["f_avg"] == pytest.approx(polar, abs=1e-12)


def test_a_stack_of_matrices_is_scored_matrix_by_matrix() -> None:
    stack = np.random.default_rng(0).integers(0, 9, size=(5, 3, 3))
    np.testing.assert_allclose(f1(stack), [f1(matrix) for matrix in stack])
    np.testing.assert_allclose(matthews(stack), [matthews(matrix) for matrix in stack])


def test_merging_labels_adds_their_cells() -> None:
    confusion = np.arange(9).reshape(3, 3)
    np.testing.assert_array_equal(merge_labels(confusion, [[0], [1, 2]]), [[0, 3], [9, 24]])
