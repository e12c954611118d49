import pytest

from stance.evaluation.baselines import all_baselines, linear, majority, target_majority
from stance.records import Example
from tests.evaluation.conftest import example

WORDS = {"favor": "praised", "against": "condemned", "neutral": "landed"}


def worded(start: int, size: int) -> list[Example]:
    """Examples whose label one word of the sentence gives away; the targets say nothing."""
    labels = [list(WORDS)[i % 3] for i in range(size)]
    return [
        example(start + i, label, text=f"They {WORDS[label]} it.", target=f"in Mali {i % 2}")
        for i, label in enumerate(labels)
    ]


def test_the_majority_is_that_of_training() -> None:
    train = [example(1, "favor"), example(2, "against"), example(3, "against")]
    assert majority(train, [example(4, "favor"), example(5, "favor")]) == ["against"] * 2


def test_a_target_seen_in_training_answers_for_itself() -> None:
    train = [example(1, "favor", target="a"), *(example(i, "against", target="b") for i in (2, 3))]
    test = [example(4, target="a"), example(5, target="new")]
    assert target_majority(train, test) == ["favor", "against"]


def test_the_linear_model_reads_only_what_it_is_given() -> None:
    train, dev, test = worded(0, 30), worded(100, 9), worded(200, 9)
    truth = [e.label for e in test]
    assert linear(train, dev, test, lambda e: e.text) == truth
    assert linear(train, dev, test, lambda e: e.target) != truth


def test_the_weights_of_examples_count() -> None:
    """Ten doubtful votes for `favor` stand against five sure ones; both labels are equally frequent."""
    train = [
        *(example(i, "favor", text="strikes", weight=0.01) for i in range(10)),
        *(example(i, "against", text="strikes") for i in range(10, 15)),
        *(example(i, "favor", text="talks") for i in range(15, 20)),
        *(example(i, "against", text="talks", weight=0.01) for i in range(20, 30)),
    ]
    test = [example(31, text="strikes"), example(32, text="talks")]
    assert linear(train, train, test, lambda e: e.text) == ["against", "favor"]


@pytest.mark.parametrize("size", [1, 3])
def test_labels_that_training_lacks_are_never_answered(size: int) -> None:
    train = worded(0, 30)[:size]
    for answers in all_baselines(train, worded(100, 3), worded(200, 5)).values():
        assert len(answers) == 5
        assert set(answers) <= {e.label for e in train}
