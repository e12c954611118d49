"""Folds that ask whether a model generalises: train without one conflict, intervener, genre, period or kind of holder.

All models of an axis are tested on the same test pairs, so a value that was left out can be compared with the same
value when it was seen: what differs is generalisation, not difficulty.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stance.labels import LabelScheme
from stance.probing.holders import holder_type
from stance.records import Example

PERIODS = ((0, 1990, "to 1990"), (1991, 2001, "1991 to 2001"), (2002, 2013, "2002 to 2013"), (2014, 9999, "from 2014"))
MIN_TEST_PAIRS, MIN_TRAIN_PAIRS, MIN_SIDE_PAIRS = 20, 30, 3
MOST_VALUES = 8
"""Of one axis, the largest first: each is a model to train."""


def period(example: Example) -> str | None:
    """The period of an example's year."""
    year = example.year
    if not year or not year[:4].isdigit():
        return None
    return next(name for first, last, name in PERIODS if first <= int(year[:4]) <= last)


AXES: Mapping[str, Callable[[Example], str | None]] = {
    "conflict": lambda e: e.conflict,
    "intervener": lambda e: e.intervener,
    "genre": lambda e: e.genre,
    "period": period,
    "holder": lambda e: holder_type(e.holder),
}


@dataclass(frozen=True)
class Fold:
    """A value to be left out of training; None trains on everything, to compare with."""

    axis: str
    value: str | None

    @property
    def name(self) -> str:
        """As a file is called."""
        value = "nothing" if self.value is None else self.value
        return f"{self.axis}={''.join(c if c.isalnum() else '_' for c in value)}"


def values_of(axis: str, train: Sequence[Example], test: Sequence[Example], scheme: LabelScheme) -> list[str]:
    """The values worth leaving out: enough pairs in train and test, both sides in the test, the largest first."""
    value_of = AXES[axis]
    in_train, in_test = (Counter(value_of(e) for e in part) for part in (train, test))
    sides = Counter((value_of(e), e.label) for e in test)
    fitting = [
        (count, value)
        for value, count in in_test.items()
        if value is not None
        and count >= MIN_TEST_PAIRS
        and in_train[value] >= MIN_TRAIN_PAIRS
        and all(sides[value, label] >= MIN_SIDE_PAIRS for label in scheme.polar)
    ]
    return [value for _, value in sorted(fitting, key=lambda pair: (-pair[0], pair[1]))[:MOST_VALUES]]


def without(examples: Sequence[Example], fold: Fold) -> list[Example]:
    """The examples that do not have the fold's value, and share no group of articles with one that has it."""
    if fold.value is None:
        return list(examples)
    value_of = AXES[fold.axis]
    groups = {e.group for e in examples if value_of(e) == fold.value} if fold.axis != "holder" else set()
    # A holder of every kind speaks in nearly every article: leaving out whole groups would leave nothing.
    return [e for e in examples if value_of(e) != fold.value and e.group not in groups]
