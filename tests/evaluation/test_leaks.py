from stance.evaluation.leaks import find_leaks
from tests.evaluation.conftest import example


def test_splits_that_share_nothing_do_not_leak() -> None:
    assert find_leaks([example(1), example(2)], [example(3)]) == {"group": 0, "article": 0, "sentence": 0}


def test_each_kind_of_overlap_is_counted_in_measured_pairs() -> None:
    train = [example(1, group="g"), example(2, document="d"), example(3, text="Same  Words.")]
    gold = [
        example(11, group="g"),
        example(12, group="g"),
        example(13, document="d"),
        example(14, text="same words."),
        example(15),
    ]
    assert find_leaks(train, gold) == {"group": 2, "article": 1, "sentence": 1}
