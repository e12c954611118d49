from typing import Any

import numpy as np

from stance.evaluation.shift import compare_with_training
from stance.labels import LabelScheme
from tests.evaluation.conftest import NAMES, as_pairs, example


def drawn(start: int, articles: int, seed: int, **values: Any) -> list:
    """Five pairs an article; genres and labels at random unless given."""
    random = np.random.default_rng(seed)
    made = []
    for article in range(articles):
        genre = values.get("genre", ("wire", "opinion", "letter")[random.integers(3)])
        for i in range(5):
            number = start + 5 * article + i
            label = values.get("label", NAMES[random.integers(4)])
            made.append(
                example(number, label, group=f"g{start + article}", genre=genre, target=f"t{random.integers(9)}")
            )
    return made


def test_a_random_draw_is_taken_for_one(scheme: LabelScheme) -> None:
    found = compare_with_training(as_pairs(drawn(0, 80, 1)), as_pairs(drawn(1000, 30, 2)), scheme, 0)
    assert found["drawn_at_random"] is True
    assert found["odd"] == []
    assert {row["name"] for row in found["attributes"]} == {"label", "genre"}
    assert found["unseen_targets"] == {"targets": 0, "pairs": 0}


def test_another_genre_is_no_random_draw(scheme: LabelScheme) -> None:
    found = compare_with_training(as_pairs(drawn(0, 80, 1)), as_pairs(drawn(1000, 30, 2, genre="blog")), scheme, 0)
    assert found["drawn_at_random"] is False
    assert found["odd"] == ["genre"]
    row = next(row for row in found["attributes"] if row["name"] == "genre")
    assert row["distance"] == 1
    assert row["expected"] < 0.5


def test_a_shift_of_labels_is_found_with_its_size(scheme: LabelScheme) -> None:
    found = compare_with_training(as_pairs(drawn(0, 80, 1)), as_pairs(drawn(1000, 30, 2, label="favor")), scheme, 0)
    assert "label" in found["odd"]
    assert found["labels"]["favor"]["measured"] == 1
    assert found["labels"]["favor"]["train"] < 0.4


def test_targets_that_training_lacks_are_counted(scheme: LabelScheme) -> None:
    gold = [example(1000 + i, target="new" if i < 3 else "t1") for i in range(10)]
    found = compare_with_training(as_pairs(drawn(0, 10, 1)), as_pairs(gold), scheme, 0)
    assert found["unseen_targets"] == {"targets": 1, "pairs": 3}
