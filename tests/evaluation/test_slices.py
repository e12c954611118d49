import pytest

from stance.bootstrap import Resampling
from stance.evaluation.slices import confident_errors, score_minimal_pairs, score_slices, score_target_use
from stance.labels import LabelScheme
from tests.conftest import SCHEME
from tests.evaluation.conftest import as_answers, as_pairs, example, labelled, prediction

RESAMPLING = Resampling(100)


def test_every_value_is_scored_or_counted_as_small(scheme: LabelScheme) -> None:
    gold = [
        example(i, conflict="Mali" if i < 12 else f"c{i}", tags=("quote", "irony")[: 1 + (i == 0)]) for i in range(15)
    ]
    labels = ["neutral"] * 9 + ["favor"] * 6
    rows, small = score_slices(as_pairs(gold), labelled(labels), scheme, RESAMPLING)
    assert [(row["kind"], row["value"], row["pairs"]) for row in rows] == [
        ("conflict", "Mali", 12),
        ("tag", "quote", 15),
    ]
    small.pop("target")
    assert rows[0]["accuracy"]["value"] == pytest.approx(9 / 12)
    assert rows[0]["accuracy"]["low"] < 9 / 12 < rows[0]["accuracy"]["high"]
    assert small == {"conflict": {"values": 3, "pairs": 3}, "tag": {"values": 1, "pairs": 1}}


@pytest.mark.parametrize(("groups", "known"), [(1, False), (4, False), (5, True)])
def test_few_groups_of_articles_give_no_interval(scheme: LabelScheme, groups: int, *, known: bool) -> None:
    gold = [example(i, genre="wire", group=str(i % groups)) for i in range(20)]
    rows, _ = score_slices(as_pairs(gold), labelled(["neutral", "favor"] * 10), scheme, RESAMPLING)
    (row,) = rows
    assert row["groups"] == groups
    assert row["accuracy"]["value"] == 0.5
    assert (row["accuracy"]["low"] is not None) is known
    assert (row["macro_f1_three_way"]["high"] is not None) is known


def test_a_couple_counts_when_it_is_whole_and_is_right_when_both_are() -> None:
    gold = [example(i, minimal_pair=name) for i, name in enumerate(["a", "a", "b", "b", "alone", None])]
    labels = ["neutral", "neutral", "neutral", "favor", "neutral", "neutral"]
    assert score_minimal_pairs(as_pairs(gold), labelled(labels)) == {"couples": 2, "both_right": 1}


def test_errors_come_surest_first_and_the_right_answers_not_at_all() -> None:
    gold = [example(i) for i in range(30)]
    answers = [prediction(e, "favor" if i % 2 else "neutral", 0.4 + i / 60) for i, e in enumerate(gold)]
    errors = confident_errors(as_pairs(gold), as_answers(answers), SCHEME)
    assert [error["document"] for error in errors] == [f"article {i}" for i in range(29, 9, -2)]
    assert errors[0]["probability"] == pytest.approx(0.4 + 29 / 60)
    assert errors[0]["target"] == "intervention 29"


def test_a_label_to_which_the_system_gave_no_probability_is_an_unsure_error() -> None:
    answer = prediction(example(0), "favor").model_copy(update={"probabilities": {"neutral": 1.0}})
    assert confident_errors(as_pairs([example(0)]), as_answers([answer]), SCHEME)[0]["probability"] == 0


def test_targets_that_training_has_are_told_from_new_ones(scheme: LabelScheme) -> None:
    gold = [example(i, target="known" if i % 2 else f"new {i}") for i in range(40)]
    rows, _ = score_slices(as_pairs(gold), labelled(["neutral"] * 40), scheme, RESAMPLING, as_pairs(gold[1:2]))
    assert {row["value"]: row["pairs"] for row in rows if row["kind"] == "target in training"} == {
        "new": 20,
        "seen": 20,
    }


def test_an_answer_that_depends_on_the_target_is_told_from_one_that_does_not() -> None:
    """Sentence 0 and 1 are asked about two targets; gold differs for the first only."""
    gold = [example(i, "favor" if i == 0 else "neutral", text=f"s{i // 2}", target=f"t{i % 2}") for i in range(4)]
    pairs = as_pairs([*gold, example(9)])
    blind = score_target_use(pairs, labelled(["favor"] * 5))
    assert blind == {"texts": 2, "gold_differs": 1, "answer_differs": 0, "all_right": 0, "identical": True}
    reads = score_target_use(pairs, labelled(["favor", "neutral", "neutral", "neutral", "neutral"]))
    assert reads == {"texts": 2, "gold_differs": 1, "answer_differs": 1, "all_right": 1, "identical": False}
    assert score_target_use(as_pairs([example(1)]), labelled(["favor"]))["identical"] is None
