"""Other holders, places and interveners, in sentence and target."""

import pytest

from stance.probing.names import mask_place, swap_holder, swap_target
from stance.probing.powers import POWERS, swap_intervener, with_intervener
from tests.probing.conftest import example

US, NATO = {"intervener": "US"}, {"intervener": "NATO", "target": "NATO intervention in Libya"}
INTERVENERS = [
    (US, "American troops landed.", "Russian troops landed."),
    (US, "An American force left, and the United States said so.", "A Russian force left, and Russia said so."),
    (US, "The United States sent ships.", "Russia sent ships."),
    (US, "They asked the United States’s help.", "They asked Russia’s help."),
    (US, "A U.S.-led force came.", "A Russian-led force came."),
    (US, "The United States Senate met.", None),
    (US, "American voters want American troops home.", None),
    (US, "The US president praised American troops.", None),
    (US, "American troops met Russian troops.", None),
    (US, "American troops left, Washington said.", None),
    (US, "An American said no.", None),
    (US, "The council met.", None),
    (NATO, "NATO sent planes.", "Russia sent planes."),
    (NATO, "They praised NATO’s raids and NATO planes.", "They praised Russia’s raids and Russian planes."),
    ({"intervener": "France"}, "France, an ally, sent jets.", None),
    (NATO, "The alliance and NATO planes came.", None),
    ({"intervener": "France"}, "French jets and France’s army came.", "Russian jets and Russia’s army came."),
    ({"intervener": "France"}, "The French left.", None),
    ({"intervener": "Chad"}, "Chad sent soldiers.", None),
]


@pytest.mark.parametrize(("values", "text", "expected"), INTERVENERS)
def test_another_intervener(values: dict[str, str], text: str, expected: str | None) -> None:
    changed = swap_intervener(example(text, **values))
    assert (changed.text if changed else None) == expected


def test_the_intervener_changes_in_the_target_too_unless_it_is_a_foreign_one() -> None:
    named = swap_intervener(example("NATO planes came.", **NATO))
    assert named is not None
    assert (named.target, named.intervener) == ("Russian intervention in Libya", "Russia")
    generic = swap_intervener(example("American troops landed."))
    assert generic is not None
    assert generic.target == "foreign intervention in Libya"


def test_articles_fit_every_intervener() -> None:
    original = example("A Russian operation began.", intervener="Russia", target="Russian intervention in Libya")
    texts = {p: changed.text for p in POWERS if (changed := with_intervener(original, p))}
    assert set(texts) == set(POWERS) - {"Russia"}
    assert texts["US"] == "An American operation began."
    assert texts["UN"] == "A UN operation began."
    assert texts["Iran"] == "An Iranian operation began."


def test_an_alliance_takes_the_place_of_a_state_only_as_an_adjective() -> None:
    assert with_intervener(example("Russian jets and Russia’s envoy left.", intervener="Russia"), "NATO") is None


def test_the_place_itself_cannot_become_the_intervener() -> None:
    assert with_intervener(example("American troops came.", place="Russia"), "Russia") is None


MASKS = [
    ("Libya wants it, a Libyan said.", "Velmara wants it, a Velmaran said."),
    ("Libya’s people and two Libyans agreed.", "Velmara’s people and two Velmarans agreed."),
    ("Tripoli and Libya agreed.", None),
    ("LIBYA: troops left Libya.", None),
    ("The council met.", None),
    ("In the Libya of today.", None),
]


@pytest.mark.parametrize(("text", "expected"), MASKS)
def test_an_invented_country(text: str, expected: str | None) -> None:
    changed = mask_place(example(text))
    assert (changed.text if changed else None) == expected
    if changed is not None:
        assert (changed.target, changed.place) == ("foreign intervention in Velmara", "Velmara")


def test_an_article_before_the_invented_country_is_put_right() -> None:
    values = {"place": "Iraq", "target": "foreign intervention in Iraq"}
    changed = mask_place(example("An Iraqi welcomed it.", **values))
    assert changed is not None
    assert changed.text == "A Velmaran welcomed it."


HOLDERS = [
    ("Anna Bergholm", "Anna Bergholm, who runs a shop, praised it. She, Bergholm, said so.", {"she"}),
    ("Mr. Ivo Strand", "Mr. Ivo Strand, of Bergen, praised it.", {"he"}),
    ("Kim Aster", "Kim Aster praised it.", {"either"}),
]


@pytest.mark.parametrize(("holder", "text", "gender"), HOLDERS)
def test_another_holder_of_a_gender_that_fits(holder: str, text: str, gender: set[str]) -> None:
    from stance.probing.names import FIRST_NAMES

    changed = swap_holder(example(text, holder=holder))
    assert changed is not None
    first, last = changed.holder.split() if changed.holder else ("", "")
    assert first in FIRST_NAMES[next(iter(gender))]
    old_first, old_last = holder.split()[-2:]
    assert changed.text == text.replace(old_first, first).replace(old_last, last)


@pytest.mark.parametrize(
    ("holder", "text"),
    [
        ("European Commission", "The European Commission praised it."),
        ("Labour Party", "The Labour Party praised it."),
        ("author", "It is right."),
        (None, "It is right."),
        ("Anna Bergholm", "Mrs Bergholm praised it."),
        ("Anna Bergholm", "Anna Bergholm praised it, and he, her brother, too."),
        ("Saudi Arabia", "Saudi Arabia praised it."),
    ],
)
def test_a_holder_that_is_no_plain_person_is_left_alone(holder: str | None, text: str) -> None:
    assert swap_holder(example(text, holder=holder)) is None


def test_the_new_target_is_named_nowhere_near() -> None:
    original = example(
        "Libya’s assembly praised it.", before="Nepal and Fiji agreed.", target="US intervention in Libya"
    )
    changed = swap_target(original)
    assert changed is not None
    assert changed.text == original.text
    assert changed.target.startswith("US intervention in ")
    assert changed.place not in ("Libya", "Nepal", "Fiji")
    assert changed.target.endswith(str(changed.place))
    assert swap_target(example("The assembly praised it.")) is None
