"""The tests that are made of the data: what is done to an example, and what then has to become of its label.

Invariance and directional expectation tests after Ribeiro et al. 2020 (CheckList). An invariance test asks that the
model's own answer stays; a direction test asks for another one, and is put only to polar sentences or to changed
targets, where the guidelines say what the new label is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from stance.labels import LabelScheme
from stance.probing.dates import number, weekday
from stance.probing.grammar import passive, tense
from stance.probing.names import mask_place, swap_holder, swap_target
from stance.probing.polarity import affirm, antonym, deny_opposition, deny_support
from stance.probing.powers import swap_intervener
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

Expectation = Literal["stays", "opposite", "not the old", "off target"]


@dataclass(frozen=True)
class Transformation:
    """An edit and what it does to the label."""

    edit: Callable[[Example], Example | None]
    """The changed example, or None where it cannot be changed into English that surely says what it should."""
    expected: Expectation
    """`stays`; `opposite` and `not the old` for polar labels; `off target`: the sentence is about something else."""
    claim: str
    """What was done, for readers of the report."""
    from_labels: Literal["all", "for", "against", "polar"] = "all"
    """The gold labels whose examples it is put to."""

    @property
    def kind(self) -> Literal["invariance", "direction"]:
        """Whether the label has to stay or to change."""
        return "invariance" if self.expected == "stays" else "direction"


TRANSFORMATIONS: Mapping[str, Transformation] = {
    "swap holder": Transformation(swap_holder, "stays", "the person whose stance it is has another name"),
    "swap intervener": Transformation(swap_intervener, "stays", "NATO for Russia and the like, in sentence and target"),
    "mask country": Transformation(mask_place, "stays", "an invented country, in sentence and target"),
    "active to passive": Transformation(passive, "stays", "the object becomes the subject"),
    "tense": Transformation(tense, "stays", "says → said, said → had said"),
    "typo": Transformation(typo, "stays", "two letters of one word exchanged"),
    "straight quotes": Transformation(straight_quotes, "stays", "curly quotes and apostrophes made straight"),
    "curly quotes": Transformation(curly_quotes, "stays", "straight double quotes made curly"),
    "upper case": Transformation(upper_case, "stays", "the sentence in capitals"),
    "context removed": Transformation(no_context, "stays", "the sentences before and after taken away"),
    "weekday": Transformation(weekday, "stays", "every weekday moved by two days"),
    "number": Transformation(number, "stays", "counts of people and things raised by three"),
    "contraction": Transformation(contraction, "stays", "did not → didn’t"),
    "spelling": Transformation(spelling, "stays", "British spelling for American, or the other way round"),
    "swap target": Transformation(swap_target, "off target", "asked about a place that the sentence does not name"),
    "antonym": Transformation(antonym, "opposite", "condemned → welcomed, voted for → voted against", "polar"),
    "negate support": Transformation(deny_support, "opposite", "supported → did not support", "for"),
    "negate opposition": Transformation(deny_opposition, "not the old", "condemned → did not condemn", "against"),
    "affirm": Transformation(affirm, "not the old", "should not → should", "against"),
}


def apply(transformation: Transformation, example: Example, scheme: LabelScheme) -> Example | None:
    """The changed example, or None: the edit does not fit it, or its label is not one that the test is for."""
    allowed = {
        "all": scheme.names,
        "for": scheme.polar[:1],
        "against": scheme.polar[1:],
        "polar": scheme.polar,
    }[transformation.from_labels]
    if example.label not in allowed or (transformation.expected == "off target" and not scheme.merged_into_none):
        return None
    return transformation.edit(example)


def expected_labels(expectation: Expectation, label: str, scheme: LabelScheme) -> tuple[str, ...]:
    """The labels that are right for the changed example, when `label` was right, or was given, before."""
    if expectation == "stays":
        return (label,)
    if expectation == "off target":
        return scheme.merged_into_none[-1:]
    if expectation == "opposite":
        return tuple(name for name in scheme.polar if name != label)
    return tuple(name for name in scheme.names if name != label)
