from stance.labels import LabelScheme
from stance.training.augment import swap_targets
from tests.dataset.test_splits import example


def test_swapped_copies_have_a_place_that_the_sentence_does_not_name(scheme: LabelScheme) -> None:
    places = ("Libya", "Mali", "Syria", "Haiti")
    examples = [
        example(place, i).model_copy(
            update={
                "text": f"Jets struck a port in {place}.",
                "place": place,
                "target": f"foreign intervention in {place}",
                "probabilities": (1.0, 0.0, 0.0, 0.0),
            }
        )
        for place in places
        for i in range(50)
    ]
    unnamed = example("x", 0).model_copy(
        update={"text": "Nobody knows.", "place": "Libya", "target": "foreign intervention in Libya"}
    )
    copies = swap_targets([*examples, unnamed], 0.5, scheme, seed=0)
    assert 50 < len(copies) < 110
    for copy in copies:
        assert copy.label == "unrelated"
        assert copy.probabilities == (0.0, 0.0, 0.0, 1.0)
        assert copy.place is not None
        assert copy.place not in copy.text
        assert copy.target.endswith(copy.place)
    assert swap_targets(examples, 0.5, scheme, seed=0) == swap_targets(examples, 0.5, scheme, seed=0)
    assert swap_targets(examples, 0.0, scheme, seed=0) == []
