"""The surface edits change what they say and nothing else."""

from collections.abc import Callable

import pytest

from stance.probing.dates import number, weekday
from stance.probing.wording import (
    contraction,
    curly_quotes,
    no_context,
    spelling,
    straight_quotes,
    typo,
    upper_case,
)
from stance.records import Example
from tests.probing.conftest import example

EDITS: list[tuple[Callable[[Example], Example | None], str, str | None]] = [
    (straight_quotes, "He said “we’ll stay”.", 'He said "we\'ll stay".'),
    (straight_quotes, 'He said "no".', None),
    (curly_quotes, 'He said "stay" and "go".', "He said “stay” and “go”."),
    (curly_quotes, 'He said "stay and left.', None),
    (curly_quotes, 'A "word" and “another”.', None),
    (curly_quotes, 'Planes 6" long and 7" wide.', None),
    (upper_case, "The council’s vote.", "THE COUNCIL’S VOTE."),
    (upper_case, "NO!", None),
    (contraction, "She did not vote and would not say.", "She didn't vote and wouldn't say."),
    (contraction, "It’s late; they have not left.", "It’s late; they haven’t left."),
    (contraction, "They did not only vote.", None),
    (contraction, "They voted.", None),
    (spelling, "Our neighbour’s defence centre.", "Our neighbor’s defense center."),
    (spelling, "In favor of a stronger defense.", "In favour of a stronger defence."),
    (spelling, "The mission left.", None),
    (weekday, "It met on Monday and on Sunday.", "It met on Wednesday and on Tuesday."),
    (weekday, "He came to Friday prayers.", None),
    (weekday, "On Bloody Sunday it rained.", None),
    (weekday, "It met in March.", None),
    (number, "Some 120 soldiers and 30 tanks left.", "Some 123 soldiers and 33 tanks left."),
    (number, "It cost $120 million.", None),
    (number, "About 64 percent of 500 people agreed.", None),
    (number, "More than 300 soldiers, of the 500 men sent.", None),
    (number, "The vote was 270 to 161.", None),
    (number, "1,120 soldiers left.", None),
    (number, "All 999 soldiers left.", None),
]


@pytest.mark.parametrize(("edit", "text", "expected"), EDITS)
def test_the_sentence_is_what_the_edit_claims(
    edit: Callable[[Example], Example | None], text: str, expected: str | None
) -> None:
    changed = edit(example(text))
    assert (changed.text if changed else None) == expected


def test_a_changed_example_keeps_everything_but_its_text_and_end() -> None:
    original = example("She did not vote.")
    changed = contraction(original)
    assert changed is not None
    assert changed.end - changed.start == len(changed.text)
    same = {"text": original.text, "end": original.end}
    assert changed.model_copy(update=same) == original


def test_a_typo_exchanges_two_letters_inside_one_long_word() -> None:
    original = example("Ministers discussed the landing of soldiers.")
    changed = typo(original)
    assert changed is not None
    different = [i for i, (a, b) in enumerate(zip(original.text, changed.text, strict=True)) if a != b]
    assert len(different) == 2
    first, second = different
    assert second == first + 1
    assert (changed.text[first], changed.text[second]) == (original.text[second], original.text[first])
    word = next(w for w in original.text.split() if original.text.index(w) <= first < original.text.index(w) + len(w))
    assert len(word.strip(".")) >= 6
    assert typo(original) == changed


@pytest.mark.parametrize("text", ["They went in.", "They oppose.", "It went against."])
def test_there_is_no_typo_in_short_words_or_in_those_that_take_the_side(text: str) -> None:
    assert typo(example(text)) is None


def test_the_context_goes_and_the_sentence_stays() -> None:
    changed = no_context(example("It met."))
    assert changed is not None
    assert (changed.before, changed.text, changed.after) == ("", "It met.", "")
    assert no_context(example("It met.", before="")) is None
