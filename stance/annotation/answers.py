"""Answers of coders as an append-only history, and what stands of it.

A row is never changed: a changed answer is a later row, an undone one is named by a later row with action `undo`.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from stance.labels import LabelScheme
from stance.records import Record

AUTHOR = "author"
"""The holder where nobody is quoted or reported."""
MAX_SECONDS = 86_400.0


class Given(Record):
    """What the page sends: one key press that settles something. `id` is made by the page, so sending twice is once.

    `holder_start` and `holder_end` are code points into the sentence; both None where the holder is the author or was
    typed. `seconds` is the time that the item was worked on since it appeared, or since its previous answer.
    """

    id: str = Field(min_length=8, max_length=64)
    coder: str = Field(min_length=1, max_length=60)
    pair_id: str = Field(min_length=1, max_length=300)
    action: Literal["answer", "skip", "undo"]
    label: str | None = None
    holder: str | None = Field(default=None, max_length=300)
    holder_start: int | None = None
    holder_end: int | None = None
    unsure: bool = False
    note: str = Field(default="", max_length=4000)
    seconds: float = Field(default=0.0, ge=0, le=MAX_SECONDS)
    undoes: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _fields_fit_the_action(self) -> "Given":
        if (self.action == "answer") != (self.label is not None):
            raise ValueError("an answer has a label, a skip or an undo has none")
        if (self.action == "undo") != (self.undoes is not None):
            raise ValueError("an undo names the answer that it takes back, nothing else does")
        if (self.holder_start is None) != (self.holder_end is None) or (
            self.holder_start is not None and not self.holder
        ):
            raise ValueError("a holder in the sentence has a text, a start and an end")
        return self


class Answer(Given):
    """A row of the history: what was given, and what only the server can say.

    `suggestion` is the label that had been shown to this coder for this pair before the row, None where none had been.
    """

    seq: int
    created: str
    guidelines: str | None = None
    suggestion: str | None = None


def problem(given: Given, scheme: LabelScheme, text: str) -> str | None:
    """Why `given` cannot be an answer to the sentence `text`, or None where it can."""
    if given.label is not None and given.label not in scheme.names:
        return f"label {given.label!r} is not in the scheme; expected one of {', '.join(scheme.names)}"
    if given.holder is not None and given.label not in scheme.polar:
        return f"{given.label} has no holder; only {' and '.join(scheme.polar)} do"
    if given.holder_start is not None and text[given.holder_start : given.holder_end] != given.holder:
        return f"holder {given.holder!r} does not stand at {given.holder_start}-{given.holder_end} of the sentence"
    return None


def standing(rows: Iterable[Answer]) -> list[Answer]:
    """The answers and skips that no later row takes back, in order."""
    history = list(rows)
    undone = {row.undoes for row in history if row.action == "undo"}
    return [row for row in history if row.action != "undo" and row.id not in undone]


def by_pair(rows: Iterable[Answer]) -> Mapping[str, list[Answer]]:
    """Pair id -> its rows in order; pairs in order of first appearance."""
    groups: dict[str, list[Answer]] = {}
    for row in rows:
        groups.setdefault(row.pair_id, []).append(row)
    return groups
