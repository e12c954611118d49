"""Sides turned round, and sentences in which that would not be sure."""

from collections.abc import Callable

import pytest

from stance.probing.grammar import passive, tense
from stance.probing.polarity import affirm, antonym, deny_opposition, deny_support
from stance.records import Example
from tests.probing.conftest import example

Edit = Callable[[Example], Example | None]
CHANGED: list[tuple[Edit, str, str, str]] = [
    (antonym, "favor", "The council welcomed the landing.", "The council condemned the landing."),
    (antonym, "against", "Elders have denounced the raids.", "Elders have defended the raids."),
    (antonym, "favor", "The mission was praised by the bishops.", "The mission was criticized by the bishops."),
    (antonym, "favor", "Peru would vote for the force.", "Peru would vote against the force."),
    (antonym, "against", "Two members voted against it.", "Two members voted for it."),
    (antonym, "favor", "He vowed to support the strikes.", "He vowed to oppose the strikes."),
    (deny_support, "favor", "The council welcomed the landing.", "The council did not welcome the landing."),
    (deny_support, "favor", "Peru would vote for the force.", "Peru would not vote for the force."),
    (deny_support, "favor", "Members voted for it.", "Members did not vote for it."),
    (deny_support, "favor", "She supports the raids.", "She does not support the raids."),
    (deny_support, "favor", "The mission was praised by the bishops.", "The mission was not praised by the bishops."),
    (deny_support, "favor", "He vowed to support the strikes.", "He vowed not to support the strikes."),
    (deny_opposition, "against", "Elders condemned the raids.", "Elders did not condemn the raids."),
    (deny_opposition, "against", "Elders have condemned the raids.", "Elders have not condemned the raids."),
    (affirm, "against", "Foreign soldiers should not stay.", "Foreign soldiers should stay."),
    (affirm, "against", "He said planes must not come.", "He said planes must come."),
    (passive, "favor", "The council approved the landing.", "The landing was approved by the council."),
    (
        passive,
        "favor",
        "Norway urged the two powers to send troops.",
        "The two powers were urged by Norway to send troops.",
    ),
    (
        passive,
        "favor",
        "On Monday, the senate rejected a plan for peacekeepers.",
        "On Monday, a plan for peacekeepers was rejected by the senate.",
    ),
    (
        passive,
        "against",
        "Three parties condemned the air strikes on Friday.",
        "The air strikes were condemned by three parties on Friday.",
    ),
    (tense, "favor", "The minister says it works.", "The minister said it works."),
    (tense, "favor", "The minister said it works.", "The minister had said it works."),
    (tense, "favor", "Elders told reporters so.", "Elders had told reporters so."),
]
UNCHANGED: list[tuple[Edit, str, str]] = [
    (antonym, "favor", "The council condemned the massacre."),  # a verb against in a sentence in favor
    (antonym, "favor", "The council welcomed the landing but not the bombs."),
    (antonym, "favor", "The council welcomed the landing as “a gift”."),
    (antonym, "favor", "The council welcomed the landing and praised the troops."),
    (antonym, "favor", "The council welcomed the end of the embargo."),
    (antonym, "favor", "Support for the landing grew."),
    (antonym, "favor", "Troops came to defend the town."),
    (antonym, "against", "They condemned Paris for the raid."),  # nobody welcomes somebody for something
    (antonym, "neutral", "The council welcomed the guests."),
    (deny_support, "favor", "All members voted for it."),  # some may have
    (deny_opposition, "against", "Elders condemned it in the strongest terms."),
    (deny_support, "favor", "A plan backed by Peru passed."),
    (deny_support, "favor", "The council did not welcome the landing."),
    (deny_support, "against", "Elders condemned the raids."),
    (deny_opposition, "favor", "The council welcomed the landing."),
    (affirm, "against", "He should not only go, he must not stay."),
    (affirm, "against", "The raids should not go on, and they are illegal."),
    (passive, "favor", "The council approved it."),
    (passive, "favor", "The council that met approved the landing."),
    (passive, "favor", "Norway urged the faithful to pray."),
    (passive, "favor", "The council approved the landing and went home."),
    (passive, "favor", "Bergholm and friends approved the landing."),
    (tense, "favor", "“It works,” said the minister."),
    (tense, "favor", "He had said it works."),
    (tense, "favor", "He is said to be ill."),
    (tense, "favor", "He also said it works."),
    (tense, "favor", "“Who said that” is a song."),
]


@pytest.mark.parametrize(("edit", "label", "text", "expected"), CHANGED)
def test_the_sentence_is_what_the_edit_claims(edit: Edit, label: str, text: str, expected: str) -> None:
    changed = edit(example(text, label))
    assert changed is not None
    assert changed.text == expected


@pytest.mark.parametrize(("edit", "label", "text"), UNCHANGED)
def test_what_is_not_sure_is_left_alone(edit: Edit, label: str, text: str) -> None:
    assert edit(example(text, label)) is None
