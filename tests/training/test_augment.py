from stance.labels import LabelScheme
from stance.training.augment import draw_per_label, mask_names, swap_targets
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


def test_masked_copies_name_neither_place_nor_intervener(scheme: LabelScheme) -> None:
    named = example("a", 0).model_copy(
        update={"text": "Russian jets struck Libya again.", "place": "Libya", "intervener": "Russia"}
    )
    named = named.model_copy(update={"target": "Russian intervention in Libya"})
    unnamed = named.model_copy(update={"text": "Nobody knows."})
    (copy,) = mask_names([named, unnamed], 1.0, "[MASK]", seed=0)
    assert copy.text == "[MASK] jets struck [MASK] again."
    assert copy.target == "[MASK] intervention in [MASK]"
    assert (copy.label, copy.probabilities) == (named.label, named.probabilities)
    assert mask_names([named], 0.0, "[MASK]", seed=0) == []


def test_a_draw_has_the_number_of_each_label_and_depends_on_the_seed() -> None:
    rows = [example("a", i).model_copy(update={"label": "favor" if i % 3 else "neutral"}) for i in range(30)]
    drawn = draw_per_label(rows, 8, seed=0)
    assert [sum(e.label == name for e in drawn) for name in ("favor", "neutral")] == [8, 8]
    assert drawn == [e for e in rows if e in drawn]
    assert drawn == draw_per_label(rows, 8, seed=0)
    assert drawn != draw_per_label(rows, 8, seed=1)
    assert draw_per_label(rows, 99, seed=0) == rows
