import pytest

from stance.evaluation.baselines import MAX_LINEAR_PAIRS, all_baselines, linear, rules, target_majority
from stance.evaluation.pairs import Pairs
from stance.labels import LabelScheme
from stance.records import Example
from tests.evaluation.conftest import as_pairs, example

WORDS = {"favor": "praised", "against": "condemned", "neutral": "landed"}


def worded(start: int, size: int) -> list[Example]:
    """Examples whose label one word of the sentence gives away; the targets say nothing."""
    labels = [list(WORDS)[i % 3] for i in range(size)]
    return [
        example(start + i, label, text=f"They {WORDS[label]} it.", target=f"in Mali {i % 2}")
        for i, label in enumerate(labels)
    ]


def test_the_majority_is_that_of_training(scheme: LabelScheme) -> None:
    train = as_pairs([example(1, "favor"), example(2, "against"), example(3, "against")])
    test = as_pairs([example(4, "favor"), example(5, "favor")])
    assert all_baselines(train, train, test, scheme)["majority"].label.tolist() == [1, 1]
    assert all_baselines(None, None, test, scheme)["majority of these pairs"].label.tolist() == [0, 0]


def test_a_target_seen_in_training_answers_for_itself() -> None:
    train = [example(1, "favor", target="a"), *(example(i, "against", target="b") for i in (2, 3))]
    test = [example(4, target="a"), example(5, target="new")]
    assert target_majority(as_pairs(train), as_pairs(test)).label.tolist() == [0, 1]


def test_rules_read_their_cues_and_leave_the_rest_to_the_majority(scheme: LabelScheme) -> None:
    texts = (
        "The senate backed the air strikes.",
        "Protesters condemned the air strikes.",
        "Nothing about it in Libya.",
    )
    gold = as_pairs([example(i, text=t, place="Libya") for i, t in enumerate(texts)])
    assert rules(gold, scheme, 2).label.tolist() == [0, 1, 2]


def test_a_million_pairs_go_without_what_is_slow(scheme: LabelScheme) -> None:
    few = as_pairs(worded(0, 9))
    size = MAX_LINEAR_PAIRS + 1
    many = Pairs(few.table.take([0] * size), few.label.take([0] * size), few.soft.take([0] * size, axis=0), few.weight)
    assert set(all_baselines(few, few, many, scheme)) == {"majority", "majority of the target"}


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
def test_labels_that_training_lacks_are_never_answered_by_what_was_trained(scheme: LabelScheme, size: int) -> None:
    train = worded(0, 30)[:size]
    known = {scheme.index(e.label) for e in train}
    found = all_baselines(as_pairs(train), as_pairs(worded(100, 3)), as_pairs(worded(200, 5)), scheme)
    assert set(found) >= {"rules", "TF-IDF, target only", "TF-IDF, sentence only", "TF-IDF, sentence and target"}
    for name, answers in found.items():
        assert len(answers.label) == 5
        assert name == "rules" or set(answers.label.tolist()) <= known
