"""What stands of the answers -> votes that the label stage takes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from stance.annotation.answers import Answer, by_pair, standing
from stance.records import Vote

Answers = Literal["blind", "final"]
"""`blind`: the last answer before the suggestion was shown; `final`: the last one of all."""
UNSURE_CONFIDENCE = 0.5
"""Confidence of an answer that the coder flagged as unsure."""


def votes(history: Iterable[Answer], which: Answers = "blind") -> Iterator[Vote]:
    """One vote for each pair that a coder answered or skipped, by coder and in order of first answer.

    A skip is an abstention. `seconds` sums the coder's time on the pair up to the answer, undone answers included. A
    final answer that differs from the blind one says so in its notes, since it is no longer independent.
    """
    for coder, rows in _by_coder(history).items():
        for pair, of_pair in by_pair(rows).items():
            stand = standing(of_pair)
            final = stand[-1] if stand else None
            blind = _last_blind(stand) or (_last_blind(of_pair) if stand else None)
            chosen = blind if which == "blind" else final
            if chosen is not None:
                yield _vote(coder, pair, chosen, of_pair, blind)


def _by_coder(history: Iterable[Answer]) -> dict[str, list[Answer]]:
    groups: dict[str, list[Answer]] = {}
    for row in history:
        groups.setdefault(row.coder, []).append(row)
    return groups


def _last_blind(rows: Sequence[Answer]) -> Answer | None:
    """Taking an answer back does not unsee the suggestion, so the answer before it stays the blind one."""
    return next((row for row in reversed(rows) if row.suggestion is None and row.action != "undo"), None)


def _vote(coder: str, pair: str, row: Answer, rows: Sequence[Answer], blind: Answer | None) -> Vote:
    notes = [row.note] if row.note else []
    if blind is not None and (row.label, row.holder) != (blind.label, blind.holder):
        notes.append(f"changed after the suggestion was shown; before: {blind.label or 'skipped'}")
    return Vote(
        pair_id=pair,
        labeler=coder,
        label=row.label,
        holder=row.holder,
        confidence=UNSURE_CONFIDENCE if row.unsure else 1.0,
        guidelines=row.guidelines,
        created=row.created,
        holder_start=row.holder_start,
        holder_end=row.holder_end,
        notes="; ".join(notes) or None,
        seconds=round(sum(r.seconds for r in rows if r.seq <= row.seq), 3),
    )
