"""What labels cost and what they were worth, by source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stance.labeling.aggregation import ADJUDICATED, HUMAN, is_machine
from stance.records import Gold, Vote

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True)
class Entry:
    """One source's account; figures that cannot be known are None.

    `cost` holds what the votes say they cost and, for people, their time at the hourly rate. `agreement` is the share
    of the votes that were `judged`: compared with an answer that does not rest on the source itself.
    `cost_per_correct` is the cost of a vote over that share.
    """

    source: str
    kind: str
    votes: int
    abstentions: int
    minutes: float | None
    cost: float | None
    judged: int
    agreement: float | None
    cost_per_correct: float | None


def ledger(gold: Iterable[Gold], hourly_rate: float | None = None) -> list[Entry]:
    """One Entry a source, people first, in order of appearance."""
    by_source: dict[tuple[bool, str, str], list[tuple[Vote, str | None]]] = {}
    for row in gold:
        for vote in row.votes:
            key = (is_machine(vote), vote.kind, vote.labeler)
            by_source.setdefault(key, []).append((vote, _reference(vote, row)))
    ordered = sorted(by_source.items(), key=lambda item: item[0][0])
    return [_entry(source, kind, votes, hourly_rate) for (_, kind, source), votes in ordered]


def _entry(source: str, kind: str, votes: Sequence[tuple[Vote, str | None]], hourly_rate: float | None) -> Entry:
    cast = [(vote, reference) for vote, reference in votes if vote.label is not None]
    judged = [vote.label == reference for vote, reference in cast if reference is not None]
    seconds = [vote.seconds for vote, _ in votes if vote.seconds is not None]
    costs = [vote.cost for vote, _ in votes if vote.cost is not None]
    wage = sum(seconds) / HOUR * hourly_rate if seconds and hourly_rate and kind in (HUMAN, ADJUDICATED) else None
    cost = sum(costs) + (wage or 0.0) if costs or wage is not None else None
    agreement = sum(judged) / len(judged) if judged else None
    return Entry(
        source=source,
        kind=kind,
        votes=len(cast),
        abstentions=len(votes) - len(cast),
        minutes=sum(seconds) / MINUTE if seconds else None,
        cost=cost,
        judged=len(judged),
        agreement=agreement,
        cost_per_correct=cost / (len(cast) * agreement) if cost is not None and agreement and cast else None,
    )


def _reference(vote: Vote, row: Gold) -> str | None:
    """What a vote is judged by: the adjudicated label, else what most other people say; None where nobody does."""
    if vote.kind == ADJUDICATED:
        return None
    for kind in (ADJUDICATED, HUMAN):
        others = [v.label for v in row.votes if v.kind == kind and v.label is not None and v.labeler != vote.labeler]
        if others:
            counts = {label: others.count(label) for label in others}
            best = max(counts.values())
            leaders = [label for label, count in counts.items() if count == best]
            return leaders[0] if len(leaders) == 1 else None
    return None
