import pytest

from stance.bootstrap import Resampling
from stance.evaluation.slices import confident_errors, score_minimal_pairs, score_slices
from stance.labels import LabelScheme
from tests.evaluation.conftest import example, prediction

RESAMPLING = Resampling(100)


def test_every_value_is_scored_or_counted_as_small(scheme: LabelScheme) -> None:
    gold = [
        example(i, conflict="Mali" if i < 12 else f"c{i}", tags=("quote", "irony")[: 1 + (i == 0)]) for i in range(15)
    ]
    labels = ["neutral"] * 9 + ["favor"] * 6
    rows, small = score_slices(gold, labels, scheme, RESAMPLING)
    assert [(row["kind"], row["value"], row["pairs"]) for row in rows] == [
        ("conflict", "Mali", 12),
        ("tag", "quote", 15),
    ]
    assert rows[0]["accuracy"]["value"] == pytest.approx(9 / 12)
    assert rows[0]["accuracy"]["low"] < 9 / 12 < rows[0]["accuracy"]["high"]
    assert small == {"conflict": {"values": 3, "pairs": 3}, "tag": {"values": 1, "pairs": 1}}


@pytest.mark.parametrize(("groups", "known"), [(1, False), (4, False), (5, True)])
def test_few_groups_of_articles_give_no_interval(scheme: LabelScheme, groups: int, *, known: bool) -> None:
    gold = [example(i, genre="wire", group=str(i % groups)) for i in range(20)]
    rows, _ = score_slices(gold, ["neutral", "favor"] * 10, scheme, RESAMPLING)
    (row,) = rows
    assert row["groups"] == groups
    assert row["accuracy"]["value"] == 0.5
    assert (row["accuracy"]["low"] is not None) is known
    assert (row["macro_f1_three_way"]["high"] is not None) is known


def test_a_couple_counts_when_it_is_whole_and_is_right_when_both_are() -> None:
    gold = [example(i, minimal_pair=name) for i, name in enumerate(["a", "a", "b", "b", "alone", None])]
    labels = ["neutral", "neutral", "neutral", "favor", "neutral", "neutral"]
    assert score_minimal_pairs(gold, labels) == {"couples": 2, "both_right": 1}


def test_errors_come_surest_first_and_the_right_answers_not_at_all() -> None:
    gold = [example(i) for i in range(30)]
    answers = [prediction(e, "favor" if i % 2 else "neutral", 0.4 + i / 60) for i, e in enumerate(gold)]
    errors = confident_errors(gold, answers)
    assert [error["document"] for error in errors] == [f"article {i}" for i in range(29, 9, -2)]
    assert errors[0]["probability"] == pytest.approx(0.4 + 29 / 60)
    assert errors[0]["target"] == "intervention 29"


def test_a_label_to_which_the_system_gave_no_probability_is_an_unsure_error() -> None:
    answer = prediction(example(0), "favor").model_copy(update={"probabilities": {"neutral": 1.0}})
    assert confident_errors([example(0)], [answer])[0]["probability"] == 0
